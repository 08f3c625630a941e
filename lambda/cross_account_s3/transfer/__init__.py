"""The write path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from cross_account_s3.config import Config
from cross_account_s3.deadline import Deadline
from cross_account_s3.errors import DeadlineError, InputError, WriteError, http_status
from cross_account_s3.model import CopyRequest, PutRequest, Stored
from cross_account_s3.transfer import provenance
from cross_account_s3.transfer.checksum import crc32
from cross_account_s3.transfer.multipart import Upload
from cross_account_s3.transfer.source import Opened, Source

if TYPE_CHECKING:
    from botocore.client import BaseClient

__all__ = ["Destination", "Source", "client_config"]

_TRIES = 4
Attempt = Callable[[Mapping[str, str]], Stored]


def client_config(config: Config) -> ClientConfig:
    """Settings of an S3 client: connections for so many messages and parts at once, and an end to all waiting."""
    return ClientConfig(
        connect_timeout=3,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        max_pool_connections=2 * config.concurrency,
    )


class Destination:
    """The bucket in the other account. ``client`` is an S3 client that acts as the role there."""

    def __init__(self, client: BaseClient, config: Config) -> None:
        self._client: Any = client  # botocore makes its operations at run time
        self._config = config
        self._parts = self._executor()

    def put(self, request: PutRequest, deadline: Deadline) -> Stored:
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
        deadline.check()
        try:
            if self._config.on_existing == "keep":
                checksum = crc32(request.body)
                return self._keep(request.key, write, lambda head: head.get("ChecksumCRC32") == checksum)
            return write({})
        except (ClientError, BotoCoreError) as cause:
            raise WriteError(self._config.bucket, request.key, cause) from cause

    def copy(self, request: CopyRequest, source: Source, deadline: Deadline) -> Stored:
        """Copy one object, with what is carried over of it. What has its key already is handled as configured.

        Raises:
            ReadError: the source could not be read.
            InputError, AssumeError, WriteError, DeadlineError: as in put.
        """
        self._check_prefix(request.key)
        if request.source.bucket == self._config.bucket:
            raise InputError("recursion", "the source bucket", "must not be the destination: its events would not end")
        attempt = partial(self._copy, request, source, deadline)
        try:
            if self._config.on_existing == "keep":
                source_object = request.source
                return self._keep(
                    request.key, attempt, lambda head: provenance.order(source_object, head["Metadata"]) == 0
                )
            if self._config.on_existing == "newer" and request.source.sequencer:
                return self._replace_older(request, attempt)
            return attempt({})
        except (ClientError, BotoCoreError) as cause:
            raise WriteError(self._config.bucket, request.key, cause) from cause

    def _check_prefix(self, key: str) -> None:
        prefixes = self._config.key_prefixes
        if not key.startswith(prefixes):
            raise InputError("outside_prefix", "key", f"must begin with {' or '.join(map(repr, prefixes))}")

    def _to(self, key: str) -> dict[str, str]:
        # Whoever re-creates a deleted bucket's name in another account must not receive the objects.
        return {"Bucket": self._config.bucket, "Key": key, "ExpectedBucketOwner": self._config.account_id}

    def _put(self, key: str, body: bytes, fields: Mapping[str, Any], condition: Mapping[str, str]) -> Stored:
        checksum = crc32(body)
        answer = self._client.put_object(**self._to(key), **fields, **condition, Body=body, ChecksumCRC32=checksum)
        return self._stored(key, answer, len(body), checksum)

    def _copy(self, request: CopyRequest, source: Source, deadline: Deadline, condition: Mapping[str, str]) -> Stored:
        deadline.check()
        opened = source.open(request.source)
        if not isinstance(opened, Opened):
            return Stored(self._config.bucket, request.key, None, None, None, None, outcome=opened)
        with opened:
            fields = self._fields(request, opened)
            if opened.size <= self._config.part_size:
                body = opened.read(0, opened.size)
                deadline.check()
                return self._put(request.key, body, fields, condition)
            upload = Upload(self._client, self._to(request.key), fields)
            try:
                answer = upload.copy(opened, self._config.part_size, self._parts, deadline, condition)
            except DeadlineError:
                # Its threads may hang in a request for a while; the next invocation must not wait for them.
                self._parts.shutdown(wait=False, cancel_futures=True)
                self._parts = self._executor()
                raise
        return self._stored(request.key, answer, opened.size, answer.get("ChecksumCRC32"))

    def _fields(self, request: CopyRequest, opened: Opened) -> dict[str, Any]:
        needed = self._config.on_existing == "newer"
        metadata = provenance.metadata(request.source, opened.version_id, opened.metadata, needed=needed)
        fields = {**opened.carried, "Metadata": metadata}
        if self._config.can_tag and (tagging := opened.tagging()):
            fields["Tagging"] = tagging
        return fields

    def _keep(self, key: str, attempt: Attempt, is_ours: Callable[[Mapping[str, Any]], bool]) -> Stored:
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

    def _found(self, key: str, is_ours: Callable[[Mapping[str, Any]], bool] | None) -> Stored:
        """What is there already. It may be our own write: when S3's answer is lost, botocore sends the put again."""
        head = self._head(key) if self._config.can_read else None
        if head is None:
            return Stored(self._config.bucket, key, None, None, None, None, outcome="exists")
        outcome = "stored" if is_ours and is_ours(head) else "exists"
        return self._stored(key, head, head["ContentLength"], head.get("ChecksumCRC32"), outcome)

    def _replace_older(self, request: CopyRequest, attempt: Attempt) -> Stored:
        """Write unless what is there comes from a newer event of the same source object."""
        written = False
        for remaining in reversed(range(_TRIES)):
            head = self._head(request.key)
            order = provenance.order(request.source, head["Metadata"]) if head else None
            if head and order is not None and order >= 0:
                outcome = "superseded" if order else "stored" if written else "exists"
                return self._stored(request.key, head, head["ContentLength"], head.get("ChecksumCRC32"), outcome)
            try:
                return attempt({"IfMatch": head["ETag"]} if head else {"IfNoneMatch": "*"})
            except ClientError as error:
                # 404: what was to match has been deleted meanwhile. 412 may also come of our own write, whose answer
                # was lost. The next look tells.
                if http_status(error) not in (404, 409, 412) or not remaining:
                    raise
                written = True
        raise AssertionError

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

    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._config.concurrency, "part")


def _was_retried(error: ClientError) -> bool:
    return bool(error.response["ResponseMetadata"].get("RetryAttempts"))
