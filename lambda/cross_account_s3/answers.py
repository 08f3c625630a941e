"""The answer to an event, in the protocol of what sent it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cross_account_s3.batch import Result
from cross_account_s3.errors import EventError, InputError, UnexpectedError, WriterError, http_status
from cross_account_s3.model import Event, Job

_SHOWN = 1000  # characters of an error, in the report of a job
# What is denied or is not there stays so. All else may pass: S3 makes such a task again before the job ends.
_PERMANENT_STATUS = (403, 404, 405)


def answer(event: Event, results: Sequence[Result]) -> dict[str, object]:
    """What the function returns.

    Raises:
        WriterError: nothing was stored, or not all that an asynchronous event asks for.
    """
    if event.job:
        return _of_job(event.job, results)
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
    stored = [stored._asdict() for result in results for stored in result.stored]
    return stored[0] if event.direct else {"objects": stored}


def _of_job(job: Job, results: Sequence[Result]) -> dict[str, object]:
    """Amazon S3 User Guide, "Invoke AWS Lambda function": the response of both schemas."""
    return {
        "invocationSchemaVersion": job.schema_version,
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": job.invocation_id,
        "results": [{"taskId": result.message.id, **_of_task(result)} for result in results],
    }


def _of_task(result: Result) -> dict[str, Any]:
    if result.errors:
        [error] = result.errors
        code = "PermanentFailure" if _is_permanent(error) else "TemporaryFailure"
        return {"resultCode": code, "resultString": str(error)[:_SHOWN]}
    [stored] = result.stored
    # A manifest names what there is: an object that is not there is for somebody to look at.
    code = "PermanentFailure" if stored.outcome == "gone" else "Succeeded"
    return {"resultCode": code, "resultString": f"{stored.outcome}: {stored.key}"}


def _is_permanent(error: WriterError) -> bool:
    if isinstance(error, InputError | UnexpectedError):
        return True
    return error.__cause__ is not None and http_status(error.__cause__) in _PERMANENT_STATUS
