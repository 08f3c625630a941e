"""A large object, copied in parts side by side."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cross_account_s3 import deadline
from cross_account_s3.errors import http_status
from cross_account_s3.invocation import Invocation
from cross_account_s3.log import emit
from cross_account_s3.transfer.checksum import crc32
from cross_account_s3.transfer.source import Opened

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef

_MIB = 1024 * 1024
_PARTS = 10_000  # Amazon S3 User Guide, "Amazon S3 multipart upload limits"
_LAST_SECONDS = 0.2  # for requests to end, after the deadline that ends them


def part_size(size: int, wanted: int) -> int:
    """Bytes of a part: as wanted, or as many more as keep the object within S3's number of parts."""
    least = -(-size // _PARTS)
    return max(wanted, -(-least // _MIB) * _MIB)


class Upload:
    """A multipart upload of one object; ``to`` names it, ``fields`` are written with it, in the words of S3's API."""

    def __init__(
        self, client: S3Client, to: Mapping[str, Any], fields: Mapping[str, Any], invocation: Invocation
    ) -> None:
        self._client = client
        self._to = to
        self._invocation = invocation
        # The checksum of the whole, which S3 makes of those of the parts: it is compared with each.
        answer = client.create_multipart_upload(**to, **fields, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
        self._upload = {**to, "UploadId": answer["UploadId"]}

    def copy(self, opened: Opened, wanted: int, condition: Mapping[str, Any]) -> Mapping[str, Any]:
        """Copy all parts and put them together; the answer of S3. Whatever else happens, the upload is aborted.

        Raises:
            DeadlineError: time was up.
            SourceChanged, ReadError: the source could not be read.
            Exception: whatever botocore raises when the destination does not take it.
        """
        with self._invocation.upload(self._to["Key"]):
            try:
                parts = self._copy_parts(opened, part_size(opened.size, wanted))
                answer: Mapping[str, Any] = self._client.complete_multipart_upload(
                    **self._upload,
                    **condition,
                    MultipartUpload={"Parts": parts},
                    ChecksumType="FULL_OBJECT",
                    MpuObjectSize=opened.size,
                )
            except BaseException:
                self._abort()
                raise
        return answer

    def _copy_parts(self, opened: Opened, size: int) -> list[CompletedPartTypeDef]:
        starts = range(0, opened.size, size)

        def copy_part(number: int) -> CompletedPartTypeDef:
            deadline.current().check()
            start = starts[number - 1]
            body = opened.read(start, min(size, opened.size - start))
            checksum = crc32(body)
            answer = self._client.upload_part(**self._upload, PartNumber=number, Body=body, ChecksumCRC32=checksum)
            return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": checksum}

        parts = [self._invocation.parts.submit(copy_part, number) for number in range(1, len(starts) + 1)]
        try:
            wait(parts, timeout=deadline.current().left_or_none(), return_when=FIRST_EXCEPTION)
            failed = [part for part in parts if part.done() and part.exception()]
            if not failed:
                deadline.current().check()
            return [part.result() for part in failed or parts]
        finally:
            _give_up(parts)

    def _abort(self) -> None:
        """Abort the upload in the time that is kept for it. What stays open is left to the bucket's lifecycle rule."""
        with deadline.until(self._invocation.end):
            try:
                self._client.abort_multipart_upload(**self._upload)
            except Exception as error:  # what went wrong before is what is told
                gone = isinstance(error, ClientError) and http_status(error) == 404
                if not gone and self._invocation.forget(self._to["Key"]):
                    emit("abort_failed", level=logging.WARNING, key=self._to["Key"], error=error)


def _give_up(parts: list[Future[CompletedPartTypeDef]]) -> None:
    """Start no more parts, and await those that run: one that ends after the abort would be kept, and paid for."""
    running = [part for part in parts if not part.cancel() and not part.done()]
    left = deadline.current().left_or_none()
    wait(running, timeout=None if left is None else left + _LAST_SECONDS)
