"""Which partition a key belongs to: the very function of Kafka's Java clients, so that all tools agree.

murmur2 with Kafka's seed, made positive by clearing the sign bit (not by abs), modulo the number of partitions.
"""

from __future__ import annotations

from functools import lru_cache
from struct import unpack
from typing import Final

_MASK: Final = 0xFFFFFFFF
_MULTIPLIER: Final = 0x5BD1E995
_SEED: Final = 0x9747B28C


def murmur2(data: bytes) -> int:
    """Unsigned, of 32 bits. Java shows the same bits as a signed number."""
    length = len(data)
    whole = length & ~3
    h = _SEED ^ length
    for k in unpack(f"<{whole // 4}I", data[:whole]):
        mixed = k * _MULTIPLIER & _MASK
        h = (h * _MULTIPLIER & _MASK) ^ ((mixed ^ (mixed >> 24)) * _MULTIPLIER & _MASK)
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * _MULTIPLIER & _MASK
    h = (h ^ (h >> 13)) * _MULTIPLIER & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=4096)
def partition_of(key: str, partitions: int) -> int:
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
