"""Kafka's default partitioner, written anew from its specification."""

from __future__ import annotations

M = 0x5BD1E995
MASK = 0xFFFFFFFF


def partition_of(key: str, partitions: int) -> int:
    data = key.encode()
    h = 0x9747B28C ^ len(data)
    at = 0
    while len(data) - at >= 4:
        k = int.from_bytes(data[at : at + 4], "little") * M & MASK
        k = (k ^ k >> 24) * M & MASK
        h = h * M & MASK ^ k
        at += 4
    tail = data[at:]
    if tail:
        for place in reversed(range(len(tail))):
            h ^= tail[place] << 8 * place
        h = h * M & MASK
    h = (h ^ h >> 13) * M & MASK
    h ^= h >> 15
    return (h & 0x7FFFFFFF) % partitions
