"""CRC-32 of joined pieces from the CRC-32 of each, which is how S3 gets a whole object's from its parts'."""

from __future__ import annotations

import base64
import functools

_POLYNOMIAL = 0xEDB88320  # reflected, as in zlib.crc32: bit 31 is x^0
_ONE = 1 << 31
_X8 = 1 << 23


def combine(first: int, second: int, second_length: int) -> int:
    """The CRC-32 of two pieces, one behind the other; ``second_length`` is in bytes."""
    return _multiply(_shift(second_length), first) ^ second


def encode(crc: int) -> str:
    """A CRC-32 as ``x-amz-checksum-crc32`` has it."""
    return base64.b64encode(crc.to_bytes(4)).decode()


@functools.lru_cache(maxsize=1024)
def _shift(length: int) -> int:
    """x to the power of the bits in ``length`` bytes."""
    power, square = _ONE, _X8
    while length:
        if length & 1:
            power = _multiply(power, square)
        square = _multiply(square, square)
        length >>= 1
    return power


def _multiply(first: int, second: int) -> int:
    product = 0
    for bit in range(31, -1, -1):
        if first >> bit & 1:
            product ^= second
        second = second >> 1 ^ (_POLYNOMIAL if second & 1 else 0)
    return product
