"""What can go wrong, told in one clear sentence.

An error's text is ``"<stage>.<code>: <sentence>"``. Lambda reports it as ``errorMessage`` and its
class as ``errorType``.
"""

from __future__ import annotations


class WriterError(Exception):
    """A write that did not happen: ``stage`` says where it stopped, ``error_code`` why."""

    def __init__(self, stage: str, error_code: str, sentence: str) -> None:
        super().__init__(f"{stage}.{error_code}: {sentence}")
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
        super().__init__("assume", _code(cause), f"cannot assume {role_arn}: {_one_line(cause)}")


class WriteError(WriterError):
    """S3 did not take the object."""

    def __init__(self, bucket: str, key: str, cause: Exception) -> None:
        super().__init__("write", _code(cause), f"cannot write {key!r} to {bucket}: {_one_line(cause)}")


def _code(cause: Exception) -> str:
    """The service's error code, or the name of botocore's exception when no service has answered."""
    response = getattr(cause, "response", None)  # a ClientError's; asked for like this, botocore stays out of here
    return str(response["Error"]["Code"]) if response else type(cause).__name__


def _one_line(cause: Exception) -> str:
    return " ".join(str(cause).split())
