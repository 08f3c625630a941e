"""Reading an object of the function's own account."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from cross_account_s3 import deadline
from cross_account_s3.errors import InputError, ReadError, WriterError, http_status
from cross_account_s3.model import CopyRequest, SourceObject
from cross_account_s3.transfer import headers

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_TRIES = 4

Absent = Literal["superseded", "gone"]


class SourceChanged(Exception):  # noqa: N818 (no error: another object has taken the place of the one that was read)
    """The source was overwritten while it was being read."""


class State(NamedTuple):
    """What an object is at a moment: two that are equal have the same content."""

    etag: str
    version_id: str | None


class Source:
    """The buckets of the function's own account. ``client`` is an S3 client that acts as the execution role."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def open(self, source: SourceObject, *, exact: bool = False) -> Opened | Absent:
        """The object that an event tells of, if it is still the current one of its key.

        An event may come late. What has been replaced since is ``superseded``, unless ``exact`` asks for it and the
        bucket has kept it. What has been deleted since is read from its version, where the bucket keeps versions, and
        else is ``gone``. Without an ETag in the event the object is read as it is, or the version if ``exact`` asks for
        that.

        Raises:
            ReadError: it cannot be read.
        """
        absent: Absent
        with reading(source):
            try:
                if exact and source.etag is None and source.version_id:
                    return self._opened(source, {"VersionId": source.version_id})
                opened = self._opened(source, {"IfMatch": f'"{source.etag}"'} if source.etag else {})
                if source.etag in (None, opened.state.etag):
                    return opened
                opened.close()  # from a store that does not know conditions
                absent = "superseded"
            except ClientError as error:
                if http_status(error) != 412 and not _is_missing(error):
                    raise
                absent = "superseded" if http_status(error) == 412 else "gone"
            if source.version_id is None or (absent == "superseded" and not exact):
                return absent
            try:
                return self._opened(source, {"VersionId": source.version_id})
            except ClientError as error:
                if not _is_missing(error):
                    raise
                return absent

    def meant(self, request: CopyRequest) -> CopyRequest:
        """The copy that a request means whose source's key can be read in two ways.

        Raises:
            InputError: there is an object at both.
            ReadError: it cannot be told what there is.
        """
        if request.otherwise is None or self.state(request.otherwise.source) is None:
            return request
        if self.state(request.source) is None:
            return request.otherwise
        key, other = request.source.key, request.otherwise.source.key
        sentence = f"may be {key!r} or {other!r}, and both are there: write %2B or %20 for + in the manifest"
        raise InputError("ambiguous_key", "the source's key", sentence)

    def state(self, source: SourceObject) -> State | None:
        """What is at the key of an object now; None when nothing is.

        Raises:
            ReadError: it cannot be told.
        """
        with reading(source):
            try:
                return _state(self._client.head_object(Bucket=source.bucket, Key=source.key))
            except ClientError as error:
                if http_status(error) != 404:
                    raise
                return None

    def _opened(self, source: SourceObject, condition: Mapping[str, Any]) -> Opened:
        answer = self._client.get_object(Bucket=source.bucket, Key=source.key, **condition)
        return Opened(self._client, source, answer)


class Opened:
    """An object that is being read; ``size`` is in bytes.

    The answer to one GET is open until it was read, or until the `with` block ends. What else is read is pinned to the
    same version and ETag.
    """

    def __init__(self, client: S3Client, source: SourceObject, answer: Mapping[str, Any]) -> None:
        self._client = client
        self._source = source
        self._answer = answer
        self._body = answer["Body"]
        self._fresh = True  # nothing of the body has been read yet
        self._tags = answer.get("TagCount", 0)
        self.state = _state(answer)
        self.size: int = answer["ContentLength"]
        self._at: dict[str, Any] = {"Bucket": source.bucket, "Key": source.key}
        if self.state.version_id:
            self._at["VersionId"] = self.state.version_id
        self._pinned = {**self._at, "IfMatch": answer["ETag"]}

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the answer."""
        self._body.close()

    def read(self, start: int, length: int) -> bytes:
        """The bytes from ``start`` on; a body that breaks off is read anew. Several threads may call it.

        Raises:
            SourceChanged: the source was overwritten.
            ReadError: the body broke off again and again, the object is not there any more, or what came is not what
                was asked for.
        """
        with reading(self._source):
            for remaining in reversed(range(_TRIES)):
                body = self._body_from(start, length)
                try:
                    return self._drain(body, start, length)
                except Exception:  # whatever breaks a body: the connection, TLS, urllib3, a checksum
                    deadline.current().check()
                    if not remaining:
                        raise
            raise AssertionError

    def metadata(self) -> dict[str, str]:
        """Its user metadata. Raises InputError for what cannot be sent as it is."""
        return headers.metadata(self._answer)

    def carried(self) -> dict[str, str]:
        """Its headers, in the words of S3's API. Raises InputError for what cannot be sent as it is."""
        return headers.carried(self._answer)

    def tagging(self) -> str | None:
        """The object's tags as the query string that a put takes; None without any.

        Raises:
            ReadError: they cannot be read.
        """
        if not self._tags:
            return None
        with reading(self._source):
            tags = self._client.get_object_tagging(**self._at)["TagSet"]
        return urlencode([(tag["Key"], tag["Value"]) for tag in tags])

    def _body_from(self, start: int, length: int) -> Any:
        if start == 0 and self._fresh:
            self._fresh = False
            return self._body
        # What is read whole is asked for without a range: only then S3 sends a checksum that fits. Nor is there a range
        # of an empty object.
        ranged: dict[str, Any] = {} if length == self.size else {"Range": f"bytes={start}-{start + length - 1}"}
        try:
            answer = self._client.get_object(**self._pinned, **ranged)
        except ClientError as error:
            if http_status(error) == 412:
                raise SourceChanged from error
            raise
        self._check_answer(answer, start, length, ranged=bool(ranged))
        return answer["Body"]

    def _check_answer(self, answer: Mapping[str, Any], start: int, length: int, *, ranged: bool) -> None:
        """Compare an answer with what was asked: something between may drop the range, or the condition."""
        wanted = f"bytes {start}-{start + length - 1}/{self.size}" if ranged else None
        if (answer.get("ContentRange"), answer["ContentLength"]) != (wanted, length):
            answer["Body"].close()
            sentence = f"asked for bytes {start} to {start + length - 1} of {self.size}, but other bytes came"
            raise ReadError(self._source.bucket, self._source.key, sentence, "wrong_range")
        if _state(answer) != self.state:
            answer["Body"].close()
            raise SourceChanged

    def _drain(self, body: Any, start: int, length: int) -> bytes:
        try:
            # To the end, where that is wanted: botocore then compares the length, and the checksum if S3 sends one.
            data: bytes = body.read() if start == 0 and length == self.size else body.read(length)
        finally:
            body.close()
        if len(data) != length:
            raise EOFError(f"the answer's body ended after {len(data)} of {length} bytes")
        return data


@contextlib.contextmanager
def reading(source: SourceObject) -> Iterator[None]:
    """Whatever goes wrong in the `with` block is an error of reading this object, or of the time that is left."""
    try:
        yield
    except (WriterError, SourceChanged):
        raise
    except Exception as error:
        deadline.current().check()
        raise ReadError(source.bucket, source.key, error) from error


def _state(answer: Mapping[str, Any]) -> State:
    return State(answer["ETag"].strip('"'), answer.get("VersionId"))


def _is_missing(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion")
