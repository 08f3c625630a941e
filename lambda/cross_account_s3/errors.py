"""What can go wrong, told in one clear sentence.

An error's text is ``"<stage>.<code>: <sentence>"``. Lambda reports it as ``errorMessage`` and its
class as ``errorType``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cross_account_s3.model import SourceObject


class WriterError(Exception):
    """A write that did not happen: ``stage`` says where it stopped, ``error_code`` why. The text is one line.

    ``source`` is the object that the failed part of an event is about, where only the error can say so.
    """

    source: SourceObject | None = None

    def __init__(self, stage: str, error_code: str, sentence: str) -> None:
        super().__init__(f"{stage}.{error_code}: {' '.join(sentence.split())}")
        self.stage = stage
        self.error_code = error_code


class InputError(WriterError):
    """The event, or the function's configuration, is at fault: ``field`` names the place."""

    def __init__(self, error_code: str, field: str, sentence: str, *, stage: str = "input") -> None:
        super().__init__(stage, error_code, f"{field} {sentence}")
        self.field = field


class AssumeError(WriterError):
    """The role in the bucket's account could not be assumed."""

    def __init__(self, role_arn: str, cause: Exception) -> None:
        super().__init__("assume", _code(cause), f"cannot assume {role_arn}: {cause}")
        self.cause = cause


class ReadError(WriterError):
    """The source object could not be read. ``error_code`` is S3's, unless another says it better."""

    def __init__(self, bucket: str, key: str, cause: Exception | str, error_code: str | None = None) -> None:
        code = error_code or _code(cause)
        super().__init__("read", code, f"cannot read {key!r} from {bucket}: {cause}")


class WriteError(WriterError):
    """S3 did not take the object. ``error_code`` is S3's, unless another says it better."""

    def __init__(self, bucket: str, key: str, cause: Exception, error_code: str | None = None) -> None:
        code = error_code or _code(cause)
        super().__init__("write", code, f"cannot write {key!r} to {bucket}: {cause}")


class DeadlineError(WriterError):
    """Lambda would have ended the invocation before this was done."""

    def __init__(self, sentence: str) -> None:
        super().__init__("deadline", "no_time", sentence)


class EventError(WriterError):
    """An event of several parts of which some, or all, failed. ``errors`` has one for each, the first in its text."""

    def __init__(self, sentence: str, errors: Sequence[WriterError]) -> None:
        super().__init__("event", "failed", f"{sentence}; the first: {errors[0]}")
        self.errors = tuple(errors)


class UnexpectedError(WriterError):
    """A bug of the writer: whatever a service or a connection does wrong is an error of its stage."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("unexpected", type(cause).__name__, str(cause) or "no more is known")


def http_status(cause: BaseException) -> int:
    """The status of a service's answer; 0 when no service has answered."""
    # A ClientError's; asked for like this, botocore stays out of here. Its errors of connections have None.
    response = getattr(cause, "response", None) or {}
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(cause: Exception | str) -> str:
    """The service's error code, or the name of the exception when no service has answered."""
    response = getattr(cause, "response", None)
    return str(response["Error"]["Code"]) if response else type(cause).__name__
