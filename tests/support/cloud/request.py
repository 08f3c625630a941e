"""What a request asks for, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

# By method, whether a key is named, and what the query has.
_OPERATIONS = {
    ("PUT", True, "uploadId"): "UploadPart",
    ("POST", True, "uploads"): "CreateMultipartUpload",
    ("POST", True, "uploadId"): "CompleteMultipartUpload",
    ("DELETE", True, "uploadId"): "AbortMultipartUpload",
    ("GET", True, "tagging"): "GetObjectTagging",
    ("GET", True, ""): "GetObject",
    ("HEAD", True, ""): "HeadObject",
    ("PUT", True, ""): "PutObject",
    ("DELETE", True, ""): "DeleteObject",
    ("POST", False, ""): "AssumeRole",
}


@dataclass(frozen=True)
class Request:
    """A request's head; ``headers`` have names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def bucket(self) -> str:
        return unquote(self.path).removeprefix("/").partition("/")[0]

    @property
    def key(self) -> str:
        return unquote(self.path).removeprefix("/").partition("/")[2]

    @property
    def operation(self) -> str:
        named = [name for name in ("uploadId", "uploads", "tagging") if name in self.query]
        return _OPERATIONS.get((self.method, bool(self.key), named[0] if named else ""), "Unknown")

    @property
    def part(self) -> int | None:
        number = self.query.get("partNumber", "")
        return int(number) if number.isdecimal() else None

    @property
    def access_key(self) -> str:
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]


@dataclass(frozen=True)
class Answer:
    """An answer of a service."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class RefusedError(Exception):
    """A refusal, as S3 words it."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def refusal(status: int, code: str, of_sts: bool) -> Answer:
    """An error, as S3's REST protocol or the query protocol of STS has it."""
    inner = f"<Code>{code}</Code><Message>{code}</Message>"
    inner = f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>" if of_sts else f"<Error>{inner}</Error>"
    return Answer(status, {"Content-Type": "application/xml"}, inner.encode())
