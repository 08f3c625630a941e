"""What is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PutRequest:
    """An object to be written. ``metadata`` is S3's user metadata, without its ``x-amz-meta-`` prefix."""

    key: str
    body: bytes = field(repr=False)
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """An object that S3 has.

    ``size`` is in bytes; ``checksum`` is ``"CRC32:"`` and the base64 of the body's CRC32, which S3 has verified;
    ``version_id`` is None in a bucket without versioning.
    """

    bucket: str
    key: str
    etag: str
    version_id: str | None
    size: int
    checksum: str
    outcome: str
