"""The write path."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from cross_account_s3.config import Config
from cross_account_s3.errors import InputError, WriteError
from cross_account_s3.model import PutRequest, Stored

if TYPE_CHECKING:
    from botocore.client import BaseClient


class Destination:
    """The bucket in the other account. ``client`` is an S3 client that acts as the role there."""

    def __init__(self, client: BaseClient, config: Config) -> None:
        self._client: Any = client  # botocore makes its operations at run time
        self._config = config

    def put(self, request: PutRequest) -> Stored:
        """Write one object, replacing what has its key; the bucket's versioning keeps the old one.

        Raises:
            InputError: the key is outside the prefixes that this function may write to.
            AssumeError: the role could not be assumed.
            WriteError: S3 did not take the object.
        """
        bucket, prefixes = self._config.bucket, self._config.key_prefixes
        if not request.key.startswith(prefixes):
            raise InputError("outside_prefix", "key", f"must begin with {' or '.join(map(repr, prefixes))}")
        # S3 compares this with the body it received and refuses the object when they differ (PutObject, BadDigest).
        crc32 = base64.b64encode(zlib.crc32(request.body).to_bytes(4, "big")).decode()
        optional = {"ContentType": request.content_type} if request.content_type else {}
        try:
            answer = self._client.put_object(
                Bucket=bucket,
                Key=request.key,
                Body=request.body,
                Metadata=dict(request.metadata),
                ChecksumCRC32=crc32,
                # Whoever re-creates a deleted bucket's name in another account must not receive the objects.
                ExpectedBucketOwner=self._config.account_id,
                **optional,
            )
        except (ClientError, BotoCoreError) as cause:
            raise WriteError(bucket, request.key, cause) from cause
        return Stored(
            bucket=bucket,
            key=request.key,
            etag=answer["ETag"].strip('"'),
            version_id=answer.get("VersionId"),
            size=len(request.body),
            checksum=f"CRC32:{crc32}",
            outcome="stored",
        )
