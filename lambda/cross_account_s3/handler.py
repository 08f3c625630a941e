"""The Lambda function."""

from __future__ import annotations

import gc

gc.disable()  # until the function has started: all that is made until then is kept, and looking for garbage takes long

import contextlib
import functools
import logging
import os
import time
from collections import Counter
from collections.abc import Sequence

from cross_account_s3.batch import Result, write_all
from cross_account_s3.config import Config, from_environment
from cross_account_s3.deadline import Deadline
from cross_account_s3.errors import EventError, WriterError
from cross_account_s3.events import decode
from cross_account_s3.log import emit
from cross_account_s3.model import CopyRequest, Event, Request, Stored
from cross_account_s3.session import assume, own
from cross_account_s3.transfer import Destination, Source, client_config


# Made once, when they are first needed, and kept for all invocations, with their connections and credentials.
@functools.cache
def _config() -> Config:
    return from_environment(os.environ)


_own = functools.cache(own)


@functools.cache
def _destination() -> Destination:
    config = _config()
    session = assume(config, _own())
    return Destination(session.create_client("s3", config=client_config(config)), config)


@functools.cache
def _source() -> Source:
    return Source(_own().create_client("s3", config=client_config(_config())))


def handler(event: object, context: object) -> dict[str, object]:
    """Write the objects that an event asks for, and answer in the protocol of what sent it.

    - A direct invocation is answered with what S3 has: the fields of Stored.
    - A batch of SQS is answered with the messages that failed, which SQS then delivers again.
    - All others are asynchronous, and nobody reads their answer.

    Raises:
        WriterError: nothing was stored, or not all that an asynchronous event asks for. Raised, never returned:
            Lambda's retries, metrics and failure destinations see nothing but an exception.
    """
    deadline = Deadline.of(context)
    try:
        config = _config()
        decoded = decode(event, config.naming, config.mail)
    except WriterError as error:
        _log_failure("", error)
        raise
    if any(isinstance(request, CopyRequest) for message in decoded.messages for request in message.requests):
        _source()  # here, and not in several threads at once: a session makes one client at a time
    _destination()
    results = write_all(decoded.messages, functools.partial(_write, deadline), config.concurrency, deadline)
    _log_failures(results)
    return _answer(decoded, results)


def _write(deadline: Deadline, request: Request) -> Stored:
    started = time.monotonic()
    source = request.source if isinstance(request, CopyRequest) else None
    if isinstance(request, CopyRequest):
        stored = _destination().copy(request, _source(), deadline)
    else:
        stored = _destination().put(request, deadline)
    emit(
        stored.outcome,
        **vars(stored),
        source_bucket=source and source.bucket,
        source_key=source and source.key,
        duration_ms=round(1000 * (time.monotonic() - started)),
    )
    return stored


def _answer(event: Event, results: Sequence[Result]) -> dict[str, object]:
    failed = [result for result in results if result.errors]
    errors = [error for result in failed for error in result.errors]
    if event.batch:
        # All of them: raised, so that the function's error metric shows it. SQS delivers them again all the same.
        if len(failed) == len(results):
            raise EventError(f"none of {len(results)} messages was stored", errors)
        return {"batchItemFailures": [{"itemIdentifier": result.message.id} for result in failed]}
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise EventError(f"{len(errors)} objects were not stored", errors)
    stored = [dict(vars(stored)) for result in results for stored in result.stored]
    return stored[0] if event.direct else {"objects": stored}


def _log_failures(results: Sequence[Result]) -> None:
    errors = [(result.message.id, error) for result in results for error in result.errors]
    for message_id, error in errors:
        _log_failure(message_id, error)
    if len(results) > 1:
        codes = Counter(f"{error.stage}.{error.error_code}" for _, error in errors)
        failures = ", ".join(f"{code}={count}" for code, count in codes.most_common())
        failed = sum(bool(result.errors) for result in results)
        emit("batch", messages=len(results), failed=failed, failures=failures)


def _log_failure(message_id: str, error: WriterError) -> None:
    emit(
        "failed",
        level=logging.ERROR,
        message_id=message_id,
        stage=error.stage,
        error_code=error.error_code,
        error=error,
    )


# Made while the function starts, when it has the most CPU. What is wrong with its configuration is told to each event.
with contextlib.suppress(WriterError):
    _destination()
gc.freeze()
gc.enable()
