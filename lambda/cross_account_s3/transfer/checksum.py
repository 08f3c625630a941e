"""Checksums in the words of S3."""

from __future__ import annotations

import base64
import zlib


def crc32(body: bytes) -> str:
    """The base64 of a body's CRC32: S3 compares it with what it received (PutObject, x-amz-checksum-crc32)."""
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
