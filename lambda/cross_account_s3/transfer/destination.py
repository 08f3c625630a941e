"""Writing to the bucket in the other account."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cross_account_s3 import deadline
from cross_account_s3.config import Config
from cross_account_s3.errors import InputError, ReadError, WriteError, WriterError, http_status
from cross_account_s3.invocation import Invocation
from cross_account_s3.model import CopyRequest, PutRequest, Stored
from cross_account_s3.transfer import provenance
from cross_account_s3.transfer.checksum import crc32
from cross_account_s3.transfer.copying import Copying
from cross_account_s3.transfer.multipart import Upload, part_size
from cross_account_s3.transfer.source import Opened, Source, SourceChanged

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_TRIES = 4
_OTHER_BYTES = 64 * 1024 * 1024  # what the function takes beside the parts that it holds
Attempt = Callable[[Mapping[str, Any]], Stored]
IsOurs = Callable[[Mapping[str, Any]], bool]


class Destination:
    """The bucket in the other account. ``client`` is an S3 client that acts as the role there."""

    def __init__(self, client: S3Client, config: Config) -> None:
        self._client = client
        self._config = config

    def put(self, request: PutRequest) -> Stored:
        """Write one object. What has its key already is replaced or kept, as configured.

        Raises:
            InputError: the key is outside the prefixes that this function may write to.
            AssumeError: the role could not be assumed.
            WriteError: S3 did not take the object.
            DeadlineError: time was up.
        """
        self._check_prefix(request.key)
        fields = {"ContentType": request.content_type} if request.content_type else {}
        write = partial(self._put, request.key, request.body, {**fields, "Metadata": dict(request.metadata)})
        with self._writing(request.key):
            if self._config.on_existing == "keep":
                checksum = crc32(request.body)
                return self._keep(request.key, write, lambda head: head.get("ChecksumCRC32") == checksum)
            return write({})

    def copy(self, request: CopyRequest, source: Source, invocation: Invocation) -> Stored:
        """Copy one object, with what is carried over of it. What has its key already is handled as configured.

        An object that is overwritten while it is copied is copied again: its next event may have been done before
        this copy was written.

        Raises:
            ReadError: the source could not be read, or is overwritten again and again.
            InputError, AssumeError, WriteError, DeadlineError: as in put.
        """
        self._check_prefix(request.key)
        if request.source.bucket == self._config.bucket:
            raise InputError("recursion", "the source bucket", "must not be the destination: its events would not end")
        copying = Copying(request, source)
        with self._writing(request.key):
            for _ in range(_TRIES):
                try:
                    stored = self._write_copy(copying, partial(self._copy, copying, invocation))
                except SourceChanged:
                    if copying.follow():
                        continue
                    return self._not_stored(request.key, "superseded")
                if stored.outcome != "stored":
                    # Deleted since it was copied: the copy is of the last object that there was.
                    return copying.written if copying.written and stored.outcome == "gone" else stored
                copying.written = stored
                if not self._config.can_replace or not copying.is_stale():
                    return stored
        raise ReadError(request.source.bucket, request.source.key, "it is overwritten again and again", "changing")

    def _write_copy(self, copying: Copying, attempt: Attempt) -> Stored:
        """Copy what the source has, if what the destination has is to be replaced."""
        request, mode = copying.request, self._config.on_existing
        if mode == "newer" and not request.source.sequencer:
            mode = "replace"
        if mode == "replace":
            return attempt({})
        if copying.written is not None:
            return self._replace_own(copying, attempt)
        if mode == "newer":
            return self._replace_older(request, attempt)
        if head := self._glance(request.key):
            return self._described(request.key, head, "exists")  # before anything is moved
        return self._keep(request.key, attempt, partial(_is_copy_of, request))

    def _check_prefix(self, key: str) -> None:
        prefixes = self._config.key_prefixes
        if not key.startswith(prefixes):
            raise InputError("outside_prefix", "key", f"must begin with {' or '.join(map(repr, prefixes))}")

    @contextlib.contextmanager
    def _writing(self, key: str) -> Iterator[None]:
        """Whatever goes wrong in the `with` block is an error of writing this object, or of the time that is left."""
        try:
            yield
        except (WriterError, SourceChanged):
            raise
        except Exception as error:
            deadline.current().check()
            raise WriteError(self._config.bucket, key, error) from error

    def _to(self, key: str) -> dict[str, Any]:
        # Whoever re-creates a deleted bucket's name in another account must not receive the objects.
        return {"Bucket": self._config.bucket, "Key": key, "ExpectedBucketOwner": self._config.account_id}

    def _put(self, key: str, body: bytes, fields: Mapping[str, Any], condition: Mapping[str, Any]) -> Stored:
        deadline.current().check()
        checksum = crc32(body)
        answer = self._client.put_object(**self._to(key), **fields, **condition, Body=body, ChecksumCRC32=checksum)
        return self._stored(key, answer, len(body), checksum)

    def _copy(self, copying: Copying, invocation: Invocation, condition: Mapping[str, Any]) -> Stored:
        key = copying.request.key
        opened = copying.open()
        if not isinstance(opened, Opened):
            return self._not_stored(key, opened)
        with opened:
            fields = self._fields(copying.request, opened)
            if opened.size <= self._config.part_size:
                return self._put(key, opened.read(0, opened.size), fields, condition)
            self._check_memory(opened.size)
            upload = Upload(self._client, self._to(key), fields, invocation)
            answer = upload.copy(opened, self._config.part_size, condition)
        return self._stored(key, answer, opened.size, answer.get("ChecksumCRC32"))

    def _check_memory(self, size: int) -> None:
        """Refuse a copy whose parts, which grow with the object, do not fit into the function's memory."""
        part = part_size(size, self._config.part_size)
        needed = part * min(self._config.concurrency, -(-size // part))
        if self._config.memory is not None and needed > self._config.memory - _OTHER_BYTES:
            sentence = (
                f"has {size} bytes and takes parts of {part}, {self._config.concurrency} at once, which is more than"
            )
            raise InputError("too_large", "the source object", f"{sentence} the function's memory holds")

    def _fields(self, request: CopyRequest, opened: Opened) -> dict[str, Any]:
        metadata = provenance.metadata(request.source, opened.state.version_id, opened.metadata())
        fields = {**opened.carried(), "Metadata": metadata}
        if self._config.can_tag and (tagging := opened.tagging()):
            fields["Tagging"] = tagging
        return fields

    def _keep(self, key: str, attempt: Attempt, is_ours: IsOurs) -> Stored:
        """Write unless something is there: that is a success too."""
        for remaining in reversed(range(_TRIES)):
            try:
                return attempt({"IfNoneMatch": "*"})
            except ClientError as error:
                if http_status(error) == 412:
                    return self._found(key, is_ours if _was_retried(error) else None)
                if http_status(error) != 409 or not remaining:  # 409: another write is under way, and has not won yet
                    raise
        raise AssertionError

    def _found(self, key: str, is_ours: IsOurs | None) -> Stored:
        """What is there already. It may be our own write: when S3's answer is lost, botocore sends the put again."""
        head = self._head(key) if self._config.can_read else None
        if head is None:
            return self._not_stored(key, "exists")
        return self._described(key, head, "stored" if is_ours and is_ours(head) else "exists")

    def _replace_older(self, request: CopyRequest, attempt: Attempt, *, written: bool = False) -> Stored:
        """Write unless what is there comes from a newer event of the same source object.

        ``written``: what is there may be of this request already.
        """
        for remaining in reversed(range(_TRIES)):
            head = self._head(request.key)
            order = provenance.order(request.source, head["Metadata"]) if head else None
            if head and order is not None and order >= 0:
                return self._described(request.key, head, "superseded" if order else "stored" if written else "exists")
            try:
                return attempt({"IfMatch": head["ETag"]} if head else {"IfNoneMatch": "*"})
            except ClientError as error:
                # 404: what was to match has been deleted meanwhile. 412 may also come of our own write, whose answer
                # was lost. The next look tells.
                if http_status(error) not in (404, 409, 412) or not remaining:
                    raise
                written = True
        raise AssertionError

    def _replace_own(self, copying: Copying, attempt: Attempt) -> Stored:
        """Write again what was written a moment ago, unless somebody else has replaced it."""
        if copying.written is None or not self._config.can_read:  # without reading, S3 takes no If-Match
            return attempt({})
        request = copying.request
        try:
            return attempt({"IfMatch": f'"{copying.written.etag}"'})
        except ClientError as error:
            if http_status(error) not in (404, 409, 412):
                raise
            if self._config.on_existing == "newer":
                return self._replace_older(request, attempt, written=True)
            return self._found(request.key, partial(_is_copy_of, request))

    def _head(self, key: str) -> Mapping[str, Any] | None:
        try:
            head: Mapping[str, Any] = self._client.head_object(**self._to(key), ChecksumMode="ENABLED")
        except ClientError as error:
            if http_status(error) == 404:
                return None
            if http_status(error) == 403:
                raise WriteError(self._config.bucket, key, error, "read_denied") from error
            raise
        return head

    def _glance(self, key: str) -> Mapping[str, Any] | None:
        """What is there already, as far as this function may look."""
        if not self._config.can_read:
            return None
        try:
            return self._head(key)
        except WriteError:  # without the right to list, S3 says "denied" of what is not there
            return None

    def _described(self, key: str, head: Mapping[str, Any], outcome: str) -> Stored:
        return self._stored(key, head, head["ContentLength"], head.get("ChecksumCRC32"), outcome)

    def _stored(
        self, key: str, answer: Mapping[str, Any], size: int, checksum: str | None, outcome: str = "stored"
    ) -> Stored:
        return Stored(
            bucket=self._config.bucket,
            key=key,
            etag=answer["ETag"].strip('"'),
            version_id=answer.get("VersionId"),
            size=size,
            # One with a "-" is a checksum of the parts' checksums, which tells nothing without the parts.
            checksum=f"CRC32:{checksum}" if checksum and "-" not in checksum else None,
            outcome=outcome,
        )

    def _not_stored(self, key: str, outcome: str) -> Stored:
        return Stored(self._config.bucket, key, None, None, None, None, outcome)


def _is_copy_of(request: CopyRequest, head: Mapping[str, Any]) -> bool:
    return provenance.order(request.source, head["Metadata"]) == 0


def _was_retried(error: ClientError) -> bool:
    return bool(error.response["ResponseMetadata"].get("RetryAttempts"))
