"""Avro's numbers: zigzag, seven bits a byte. The short ones, nearly all, are written by looking them up."""

from __future__ import annotations

from typing import Final

_LOWEST: Final = -(1 << 63)
_HIGHEST: Final = (1 << 63) - 1
_LONGEST: Final = 63
"""The shift of the tenth byte, the last one that a 64-bit number can have."""


class _Varints(dict[int, bytes]):
    """The bytes of a number. The short ones are kept; any other is made when it is asked for, and not kept."""

    def __missing__(self, number: int) -> bytes:
        return written(number)


def written(number: int) -> bytes:
    if not _LOWEST <= number <= _HIGHEST:
        raise OverflowError(f"{number} has more than 64 bits")
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


VARINTS: Final = _Varints({number: written(number) for number in range(-64, 1 << 13)})


def number_at(body: bytes, at: int) -> tuple[int, int]:
    """A number and the place behind it."""
    value = shift = 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
        if shift > _LONGEST:
            raise ValueError("a number has more than 64 bits")
    if value >> 64:
        raise ValueError("a number has more than 64 bits")
    return (value >> 1) ^ -(value & 1), at


def length_at(body: bytes, at: int) -> tuple[int, int]:
    """A length and the place behind it. A negative one would make the reader go round in circles."""
    length, at = number_at(body, at)
    if length < 0:
        raise ValueError("a length is negative")
    return length, at


def count_at(body: bytes, at: int) -> tuple[int, int]:
    """The number of items in an array's block; a negative one is followed by the block's size, which nobody needs."""
    count, at = number_at(body, at)
    if count >= 0:
        return count, at
    _, at = length_at(body, at)
    return -count, at
