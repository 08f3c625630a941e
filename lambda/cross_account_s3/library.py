"""The writer for code of your own, which runs in the module's function."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cross_account_s3 import deadline, function
from cross_account_s3.errors import InputError
from cross_account_s3.events import direct
from cross_account_s3.events.fields import Fields
from cross_account_s3.invocation import Invocation
from cross_account_s3.model import Stored

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class Bucket:
    """The bucket in the other account; ``context`` is that of the invocation whose time ends all that is done here."""

    context: Any = None

    def put(
        self,
        key: str,
        body: bytes | str,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Stored:
        """Write an object. What has its key already is replaced or kept, as ``writer.on_existing`` says.

        Args:
            key: the whole key, with one of the prefixes that the function may write below.
            body: what is stored; text as UTF-8.
            content_type: defaults to ``text/plain; charset=utf-8`` for text, and else ``application/octet-stream``.
            metadata: S3's user metadata, without its ``x-amz-meta-``: ASCII, 2,048 bytes in all.

        Raises:
            InputError: an argument is not what S3 takes, or the key is outside the prefixes.
            AssumeError: the role could not be assumed.
            WriteError: S3 did not take the object.
            DeadlineError: the invocation's time was nearly up.
        """
        request = direct.object_to_put(key, body, content_type, metadata)
        with self._invocation():
            return function.destination().put(request)

    def copy(self, bucket: str, key: str, *, to: str | None = None, version_id: str | None = None) -> Stored:
        """Copy an object of the function's own account, of any size that the function has the time for.

        Args:
            bucket: a bucket of ``sources.buckets``.
            key: the object's key there.
            to: the whole key of the copy; by default what ``writer.object_key`` makes of the object.
            version_id: a version of the object; by default the newest.

        Raises:
            ReadError: the source could not be read.
            InputError, AssumeError, WriteError, DeadlineError: as in ``put``.
        """
        source = {"bucket": bucket, "key": key, "version_id": version_id}
        event = Fields({"source": {name: value for name, value in source.items() if value is not None}, "key": to})
        request = direct.copy(event, function.config().rules)
        with self._invocation() as invocation:
            return function.destination().copy(request, function.source(), invocation)

    @contextlib.contextmanager
    def _invocation(self) -> Iterator[Invocation]:
        invocation = Invocation(self.context, function.config().concurrency)
        try:
            with deadline.until(invocation.work):
                yield invocation
        finally:
            invocation.close()


def destination(context: Any = None) -> Bucket:
    """The bucket in the other account.

    Args:
        context: what Lambda gives the handler. Without it, nothing ends before Lambda ends the invocation.
    """
    return Bucket(context)


def client(service: str) -> S3Client:
    """A botocore client that acts as the role in the bucket's account.

    It renews its credentials by itself, and may do what ``permissions`` grants.

    Raises:
        InputError: ``service`` is not ``"s3"``, or the environment is not what the module sets.
    """
    if service != "s3":
        raise InputError("unknown_service", "service", 'must be "s3": the role may do nothing in any other')
    return function.destination_client()
