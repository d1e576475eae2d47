"""The vectors are those of Kafka's own UtilsTest, so that our keys lie where a Java client looks for them."""

from __future__ import annotations

import pytest

from eventing.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "java_hash"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_a_key_hashes_as_in_java(key: bytes, java_hash: int) -> None:
    assert murmur2(key) == java_hash & 0xFFFFFFFF


def test_a_negative_hash_loses_its_sign_bit_and_is_not_negated() -> None:
    # abs() would give 790332482 % 6 = 2; Java's toPositive gives another partition.
    assert partition_of("foobar", 6) == (-790332482 & 0x7FFFFFFF) % 6
    assert partition_of("foobar", 6) != abs(-790332482) % 6


def test_keys_spread_over_all_partitions() -> None:
    assert {partition_of(f"order-{number}", 6) for number in range(100)} == set(range(6))
