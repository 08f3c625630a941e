"""The bytes of objects: kept, or only counted and then read as a pattern, so that 5 GiB need no memory."""

from __future__ import annotations

import hashlib
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tools.stub import crc

# A prime below 1 MiB: no two parts of an object are alike, so a mixed-up order is found by its checksum.
PERIOD = 1_048_573
PATTERN = random.Random(PERIOD).randbytes(PERIOD)  # noqa: S311 (not a secret)


@dataclass(frozen=True)
class Content:
    """``size`` bytes: those in ``data``, or where that is None the pattern, over and over."""

    size: int
    data: bytes | bytearray | None = None

    def read(self, start: int, stop: int, step: int) -> Iterator[memoryview]:
        """The bytes from ``start`` up to ``stop`` in views of at most ``step``; nothing is copied."""
        source = memoryview(PATTERN if self.data is None else self.data)
        while start < stop:
            offset = start if self.data is not None else start % PERIOD
            view = source[offset : offset + min(step, stop - start)]
            yield view
            start += len(view)


EMPTY = Content(0, b"")


class Incoming:
    """A body while it arrives.

    Args:
        keep: hold the bytes, and compute their MD5.
        verify: compute their CRC-32.
    """

    def __init__(self, *, keep: bool, verify: bool) -> None:
        self.size = 0
        self.crc32: int | None = 0 if verify else None
        self._data = bytearray() if keep else None

    def write(self, data: memoryview) -> None:
        self.size += len(data)
        if self.crc32 is not None:
            self.crc32 = zlib.crc32(data, self.crc32)
        if self._data is not None:
            self._data += data

    @property
    def content(self) -> Content:
        return Content(self.size, self._data)

    @property
    def data(self) -> bytes:
        """The bytes of a body that is kept."""
        assert self._data is not None
        return bytes(self._data)

    def md5(self) -> bytes | None:
        return None if self._data is None else hashlib.md5(self._data, usedforsecurity=False).digest()


def pattern_crc32(size: int) -> int:
    """The CRC-32 of the pattern's first ``size`` bytes, without reading them."""
    periods, rest = divmod(size, PERIOD)
    whole, block, length = 0, zlib.crc32(PATTERN), PERIOD
    while periods:
        if periods & 1:
            whole = crc.combine(whole, block, length)
        block, length, periods = crc.combine(block, block, length), 2 * length, periods >> 1
    return crc.combine(whole, zlib.crc32(PATTERN[:rest]), rest)
