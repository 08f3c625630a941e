"""Reading an object of the function's own account, as it was when the event told of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from cross_account_s3.errors import ReadError, http_status
from cross_account_s3.model import SourceObject

if TYPE_CHECKING:
    from botocore.client import BaseClient

_TRIES = 4
# botocore retries a request until it is answered, and never the reading of the answer's body.
_BROKEN = (
    ConnectionClosedError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
_CARRIED = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")

Absent = Literal["superseded", "gone"]


class Source:
    """The buckets of the function's own account. ``client`` is an S3 client that acts as the execution role."""

    def __init__(self, client: BaseClient) -> None:
        self._client: Any = client  # botocore makes its operations at run time

    def open(self, source: SourceObject) -> Opened | Absent:
        """The object that an event tells of, if it is still the current one of its key.

        An event may come late. What has been replaced since is ``superseded``: an event of its own tells of the newer
        object. What has been deleted since is read from its version, where the bucket keeps versions, and else is
        ``gone``. Without an ETag in the event, nothing of this can be told, and the object is read as it is.

        Raises:
            ReadError: it cannot be read.
        """
        try:
            return self._opened(source, {"IfMatch": f'"{source.etag}"'} if source.etag else {})
        except ClientError as error:
            if http_status(error) == 412:
                return "superseded"
            if not source.etag or not _is_missing(error):
                raise ReadError(source.bucket, source.key, error) from error
        except BotoCoreError as error:
            raise ReadError(source.bucket, source.key, error) from error
        return self._deleted(source)

    def _deleted(self, source: SourceObject) -> Opened | Absent:
        if source.version_id is None:
            return "gone"
        try:
            return self._opened(source, {"VersionId": source.version_id})
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and _is_missing(error):
                return "gone"
            raise ReadError(source.bucket, source.key, error) from error

    def _opened(self, source: SourceObject, pinned: Mapping[str, str]) -> Opened:
        answer = self._client.get_object(Bucket=source.bucket, Key=source.key, **pinned)
        return Opened(self._client, source, answer)


class Opened:
    """An object that is being read; ``size`` is in bytes, ``carried`` what is written with it in the words of S3's API.

    The answer to one GET is open until it was read, or until the `with` block ends. What else is read is pinned to the
    same version and ETag.
    """

    def __init__(self, client: Any, source: SourceObject, answer: Mapping[str, Any]) -> None:
        self._client = client
        self._source = source
        self._body = answer["Body"]
        self._fresh = True  # nothing of the body has been read yet
        self._at = {"Bucket": source.bucket, "Key": source.key}
        if version_id := answer.get("VersionId"):
            self._at["VersionId"] = version_id
        self._tags = answer.get("TagCount", 0)
        self.version_id: str | None = version_id
        self.size: int = answer["ContentLength"]
        self._pinned = {**self._at, "IfMatch": answer["ETag"]}
        self.metadata: Mapping[str, str] = answer["Metadata"]
        self.carried = {name: answer[name] for name in _CARRIED if answer.get(name)}
        if encoding := _without_aws_chunked(self.carried.pop("ContentEncoding", "")):
            self.carried["ContentEncoding"] = encoding

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._body.close()

    def read(self, start: int, length: int) -> bytes:
        """The bytes from ``start`` on; a body that breaks off is read anew. Several threads may call it.

        Raises:
            ReadError: the body broke off again and again, or the object is not there any more.
        """
        for remaining in reversed(range(_TRIES)):
            try:
                body = self._body_from(start, length)
            except (ClientError, BotoCoreError) as error:
                raise ReadError(self._source.bucket, self._source.key, error) from error
            try:
                return self._drain(body, start, length)
            except _BROKEN as error:
                if not remaining:
                    raise ReadError(self._source.bucket, self._source.key, error) from error
        raise AssertionError

    def tagging(self) -> str | None:
        """The object's tags as the query string that a put takes; None without any.

        Raises:
            ReadError: they cannot be read.
        """
        if not self._tags:
            return None
        try:
            tags = self._client.get_object_tagging(**self._at)["TagSet"]
        except (ClientError, BotoCoreError) as error:
            raise ReadError(self._source.bucket, self._source.key, error) from error
        return urlencode([(tag["Key"], tag["Value"]) for tag in tags])

    def _body_from(self, start: int, length: int) -> Any:
        if start == 0 and self._fresh:
            self._fresh = False
            return self._body
        # A range of nothing is refused, and there is none of an empty object.
        ranged = {"Range": f"bytes={start}-{start + length - 1}"} if length else {}
        return self._client.get_object(**self._pinned, **ranged)["Body"]

    def _drain(self, body: Any, start: int, length: int) -> bytes:
        try:
            # To the end, where that is wanted: botocore then compares the length, and the checksum if S3 sends one.
            data: bytes = body.read() if start == 0 and length == self.size else body.read(length)
        finally:
            body.close()
        if len(data) != length:
            raise IncompleteReadError(actual_bytes=len(data), expected_bytes=length)
        return data


def _is_missing(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion")


def _without_aws_chunked(encoding: str) -> str:
    """S3 keeps how an upload was sent among the encodings of what was sent; it is none of them."""
    return ",".join(part for part in encoding.split(",") if part.strip() not in ("", "aws-chunked"))
