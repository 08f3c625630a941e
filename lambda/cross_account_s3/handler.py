"""The Lambda function."""

from __future__ import annotations

import gc

gc.disable()  # until the function has started: all that is made until then is kept, and looking for garbage takes long

import contextlib
import functools
import logging
from collections import Counter
from collections.abc import Sequence

from cross_account_s3 import function
from cross_account_s3.answers import answer
from cross_account_s3.batch import Outcome, Result, write_all
from cross_account_s3.errors import WriterError
from cross_account_s3.events import decode
from cross_account_s3.invocation import Invocation
from cross_account_s3.log import emit
from cross_account_s3.model import CopyRequest, Message, Request, Stored


def handler(event: object, context: object) -> dict[str, object]:
    """Write the objects that an event asks for, and answer in the protocol of what sent it.

    - A direct invocation is answered with what S3 has: the fields of Stored.
    - A batch of SQS is answered with the messages that failed, which SQS then delivers again.
    - A job of S3 Batch Operations is answered with a result for each task.
    - All others are asynchronous, and nobody reads their answer.

    Raises:
        WriterError: nothing was stored, or not all that an asynchronous event asks for. Raised, never returned:
            Lambda's retries, metrics and failure destinations see nothing but an exception.
    """
    try:
        config = function.config()
        invocation = Invocation(context, config.concurrency)
        decoded = decode(event, config.rules)
    except WriterError as error:
        _log_failure(error)
        raise
    _log_ignored(decoded.messages)
    if any(isinstance(request, CopyRequest) for message in decoded.messages for request in message.requests):
        function.source()  # here, and not in several threads at once: a session makes one client at a time
    function.destination()
    results = write_all(
        decoded.messages, functools.partial(_write, invocation), config.concurrency, invocation, _log_outcome
    )
    invocation.close()
    _log_batch(results)
    return answer(decoded, results)


def _write(invocation: Invocation, request: Request) -> Stored:
    if isinstance(request, CopyRequest):
        if request.otherwise:
            request = function.source().meant(request)
        return function.destination().copy(request, function.source(), invocation)
    return function.destination().put(request)


def _log_ignored(messages: Sequence[Message]) -> None:
    for message in messages:
        for ignored in message.ignored:
            emit(
                "ignored",
                reason=ignored.reason,
                message_id=message.id,
                source_bucket=ignored.bucket,
                source_key=ignored.key,
            )


def _log_outcome(outcome: Outcome) -> None:
    request, result = outcome.request, outcome.result
    if isinstance(result, WriterError):
        _log_failure(result, outcome.message.id, request)
        return
    source = None
    if isinstance(request, CopyRequest):
        other = request.otherwise
        source = other.source if other and other.key == result.key else request.source
    emit(
        result.outcome,
        **result._asdict(),
        source_bucket=source and source.bucket,
        source_key=source and source.key,
        message_id=outcome.message.id,
        duration_ms=round(1000 * outcome.seconds),
    )


def _log_failure(error: WriterError, message_id: str = "", request: Request | None = None) -> None:
    source = request.source if isinstance(request, CopyRequest) else error.source
    emit(
        "failed",
        level=logging.ERROR,
        message_id=message_id,
        stage=error.stage,
        error_code=error.error_code,
        error=error,
        bucket=function.config().bucket if request else None,
        key=request and request.key,
        source_bucket=source and source.bucket,
        source_key=source and source.key,
    )


def _log_batch(results: Sequence[Result]) -> None:
    if len(results) > 1:
        codes = Counter(f"{error.stage}.{error.error_code}" for result in results for error in result.errors)
        failures = ", ".join(f"{code}={count}" for code, count in codes.most_common())
        failed = sum(bool(result.errors) for result in results)
        emit("batch", messages=len(results), failed=failed, failures=failures)


# Made while the function starts, when it has the most CPU. What is wrong with its configuration is told to each event.
with contextlib.suppress(WriterError):
    function.destination()
gc.freeze()
gc.enable()
