"""Arrays in PostgreSQL's binary form, made of elements that were put into bytes when each append came in.

An array is a header and its elements, each behind its length; so that a batch's arrays are one join a column.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

INT4: Final = 23
TEXT: Final = 25
UUID_OID: Final = 2950
BYTEA: Final = 17
JSONB: Final = 3802
BOOL: Final = 16

ARRAY_OF: Final = {INT4: 1007, TEXT: 1009, UUID_OID: 2951, BYTEA: 1001, JSONB: 3807}

NULL: Final = b"\xff\xff\xff\xff"

_LENGTH = struct.Struct(">i")
_INT = struct.Struct(">ii")
_HEADER = struct.Struct(">iiiii")
_UUID_LENGTH: Final = _LENGTH.pack(16)
_SMALL: Final = tuple(_INT.pack(4, n) for n in range(4096))


def int4(value: int) -> bytes:
    return _SMALL[value] if 0 <= value < 4096 else _INT.pack(4, value)


def text(value: str) -> bytes:
    encoded = value.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def uuid(value: UUID) -> bytes:
    return _UUID_LENGTH + value.bytes


def bytea(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def jsonb(document: bytes) -> bytes:
    return _LENGTH.pack(len(document) + 1) + b"\x01" + document


def array(element: int, count: int, elements: Iterable[bytes]) -> bytes:
    if count == 0:
        return _EMPTY[element]
    # The flag says that there may be nulls, and does no harm where there are none.
    return _HEADER.pack(1, 1, element, count, 1) + b"".join(elements)


def ints(array_of_int4: bytes) -> tuple[int, ...]:
    """The elements of an int4[] without nulls that the server sent."""
    dimensions = _LENGTH.unpack_from(array_of_int4)[0]
    if dimensions == 0:
        return ()
    count = (len(array_of_int4) - _HEADER.size) // 8
    return struct.unpack_from(f">{2 * count}i", array_of_int4, _HEADER.size)[1::2]


def timestamp(value: bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=int.from_bytes(value, "big", signed=True))


_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EMPTY: Final = {element: struct.pack(">iii", 0, 0, element) for element in ARRAY_OF}
