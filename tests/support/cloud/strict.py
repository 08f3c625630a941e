"""What S3 refuses and moto takes, and what S3 answers and moto leaves out."""

from __future__ import annotations

import base64
import re
import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.support.cloud.request import Answer, RefusedError, Request

_KEY_BYTES = 1024  # Amazon S3 User Guide, "Naming Amazon S3 objects"
_METADATA_BYTES = 2048  # Amazon S3 User Guide, "Working with object metadata"
_PART_BYTES = 5 * 1024 * 1024  # Amazon S3 User Guide, "Amazon S3 multipart upload limits"
_META = "x-amz-meta-"


def check(request: Request, body: bytes, owner: str) -> None:
    """Compare a request with what S3 takes; ``owner`` is the account that the bucket belongs to.

    Raises:
        RefusedError: S3 would not take it.
    """
    headers = request.headers
    if headers.get("x-amz-expected-bucket-owner", owner) != owner:
        raise RefusedError(403, "AccessDenied")
    if len(request.key.encode()) > _KEY_BYTES:
        raise RefusedError(400, "KeyTooLongError")
    metadata = [(name.removeprefix(_META), value) for name, value in headers.items() if name.startswith(_META)]
    if sum(len(name) + len(value) for name, value in metadata) > _METADATA_BYTES:
        raise RefusedError(400, "MetadataTooLarge")
    if request.operation in ("PutObject", "UploadPart"):
        given = headers.get("x-amz-checksum-crc32")
        if given is not None and given != _encoded(zlib.crc32(body)):
            raise RefusedError(400, "BadDigest")


def check_parts(request: Request, body: bytes, parts: Mapping[int, bytes], existing: str | None) -> None:
    """Compare CompleteMultipartUpload with the parts that there are, and with the ETag of what has the key already.

    Raises:
        RefusedError: S3 would not put them together.
    """
    numbers = [int(number) for number in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
    checksums = [value.decode() for value in re.findall(rb"<ChecksumCRC32>(.*?)</ChecksumCRC32>", body)]
    if not numbers or numbers != sorted(set(numbers)) or set(numbers) - parts.keys():
        raise RefusedError(400, "InvalidPart")
    if checksums != [_encoded(zlib.crc32(parts[number])) for number in numbers]:
        raise RefusedError(400, "InvalidPart")
    if any(len(parts[number]) < _PART_BYTES for number in numbers[:-1]):
        raise RefusedError(400, "EntityTooSmall")
    size = sum(len(parts[number]) for number in numbers)
    if int(request.headers.get("x-amz-mp-object-size", size)) != size:
        raise RefusedError(400, "InvalidRequest")
    if (wanted := request.headers.get("if-match")) is not None:
        if existing is None:
            raise RefusedError(404, "NoSuchKey")
        if wanted.strip('"') != existing.strip('"'):
            raise RefusedError(412, "PreconditionFailed")
    if request.headers.get("if-none-match") == "*" and existing is not None:
        raise RefusedError(412, "PreconditionFailed")


def with_checksum(answer: Answer, content: bytes) -> Answer:
    """The answer to CompleteMultipartUpload with the checksum of the whole."""
    checksum = f"<ChecksumCRC32>{_encoded(zlib.crc32(content))}</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>"
    body = re.sub(rb"<ChecksumCRC32>.*?</ChecksumCRC32>|<ChecksumType>.*?</ChecksumType>", b"", answer.body)
    end = b"</CompleteMultipartUploadResult>"
    return replace(answer, body=body.replace(end, checksum.encode() + end))


class Sessions:
    """The credentials that STS has handed out: when they end, and which were revoked."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}
        self._revoked: set[str] = set()

    def hand_out(self, answer: Answer, seconds: float | None) -> Answer:
        """Take note of credentials, which last for so many seconds whatever moto says; None for as long as it says."""
        found = re.search(rb"<AccessKeyId>(.*?)</AccessKeyId>", answer.body)
        expires = re.search(rb"<Expiration>(.*?)</Expiration>", answer.body)
        if found is None or expires is None:
            return answer
        end = datetime.fromisoformat(expires[1].decode()).timestamp() if seconds is None else time.time() + seconds
        self._ends[found[1].decode()] = end
        text = datetime.fromtimestamp(end, UTC).isoformat(timespec="milliseconds")
        return replace(answer, body=answer.body.replace(expires[0], f"<Expiration>{text}</Expiration>".encode()))

    def revoke(self) -> None:
        """Refuse all that were handed out so far (IAM User Guide, "Revoke IAM role temporary security credentials")."""
        self._revoked.update(self._ends)

    def check(self, access_key: str) -> None:
        """Raises RefusedError for credentials that have ended or were revoked."""
        if access_key in self._revoked:
            raise RefusedError(403, "AccessDenied")
        if self._ends.get(access_key, time.time() + 1) <= time.time():
            raise RefusedError(400, "ExpiredToken")


def _encoded(checksum: int) -> str:
    return base64.b64encode(checksum.to_bytes(4, "big")).decode()


def described(value: Any) -> Any:
    """Bytes as JSON can hold them."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
