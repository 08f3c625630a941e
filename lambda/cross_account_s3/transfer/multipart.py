"""A large object, copied in parts side by side."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, wait
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cross_account_s3.deadline import Deadline
from cross_account_s3.log import emit
from cross_account_s3.transfer.checksum import crc32
from cross_account_s3.transfer.source import Opened

_MIB = 1024 * 1024
_PARTS = 10_000  # Amazon S3 User Guide, "Amazon S3 multipart upload limits"


def part_size(size: int, wanted: int) -> int:
    """Bytes of a part: as wanted, or as many more as keep the object within S3's number of parts."""
    least = -(-size // _PARTS)
    return max(wanted, -(-least // _MIB) * _MIB)


class Upload:
    """A multipart upload of one object; ``to`` names it, ``fields`` are written with it, in the words of S3's API."""

    def __init__(self, client: Any, to: Mapping[str, str], fields: Mapping[str, Any]) -> None:
        self._client = client
        self._to = to
        # The checksum of the whole, which S3 makes of those of the parts: it is compared with each.
        answer = client.create_multipart_upload(**to, **fields, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
        self._upload = {**to, "UploadId": answer["UploadId"]}

    def copy(
        self, opened: Opened, wanted: int, executor: Executor, deadline: Deadline, condition: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """Copy all parts and put them together; the answer of S3. Whatever else happens, the upload is aborted.

        Raises:
            DeadlineError: time was up.
            ReadError: the source could not be read.
            ClientError, BotoCoreError: the destination did not take it.
        """
        try:
            parts = self._copy_parts(opened, part_size(opened.size, wanted), executor, deadline)
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

    def _copy_parts(self, opened: Opened, size: int, executor: Executor, deadline: Deadline) -> list[dict[str, Any]]:
        starts = range(0, opened.size, size)

        def copy_part(number: int) -> dict[str, Any]:
            deadline.check()
            start = starts[number - 1]
            body = opened.read(start, min(size, opened.size - start))
            checksum = crc32(body)
            answer = self._client.upload_part(**self._upload, PartNumber=number, Body=body, ChecksumCRC32=checksum)
            return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": checksum}

        parts = [executor.submit(copy_part, number) for number in range(1, len(starts) + 1)]
        try:
            wait(parts, timeout=deadline.left_or_none(), return_when=FIRST_EXCEPTION)
            failed = [part for part in parts if part.done() and (part.cancelled() or part.exception())]
            if not failed:
                deadline.check()
            return [part.result() for part in failed or parts]
        finally:
            _give_up(parts, deadline)

    def _abort(self) -> None:
        """What fails here is left to the bucket's lifecycle rule for unfinished uploads."""
        try:
            self._client.abort_multipart_upload(**self._upload)
        except (ClientError, BotoCoreError) as error:
            emit("abort_failed", level=logging.WARNING, key=self._to["Key"], error=error)


def _give_up(parts: list[Future[dict[str, Any]]], deadline: Deadline) -> None:
    """Start no more parts, and await those that run: one that ends after the abort would be kept, and paid for."""
    running = [part for part in parts if not part.cancel() and not part.done()]
    wait(running, timeout=deadline.left_or_none())
