"""Numbers are written and read as the Avro specification says."""

from __future__ import annotations

import pytest
from hypothesis import given

from eventing.avro.varints import VARINTS, count_at, length_at, number_at
from tests.support.events import LONGS


@pytest.mark.parametrize(
    ("number", "body"),
    [
        # the table of the Avro specification
        (0, "00"),
        (-1, "01"),
        (1, "02"),
        (-2, "03"),
        (2, "04"),
        (-64, "7f"),
        (64, "8001"),
        # the ends of 64 bits
        ((1 << 63) - 1, "feffffffffffffffff01"),
        (-(1 << 63), "ffffffffffffffffff01"),
    ],
)
def test_the_specification_s_own_examples(number: int, body: str) -> None:
    assert VARINTS[number].hex() == body
    assert number_at(bytes.fromhex(body), 0) == (number, len(body) // 2)


@given(LONGS)
def test_every_number_is_read_as_it_was_written(number: int) -> None:
    assert number_at(VARINTS[number], 0) == (number, len(VARINTS[number]))


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1, 1 << 200])
def test_more_than_64_bits_are_not_written(number: int) -> None:
    with pytest.raises(OverflowError):
        VARINTS[number]


@pytest.mark.parametrize("body", ["ffffffffffffffffff03", "ff" * 10 + "01", "80" * 300 + "00"])
def test_more_than_64_bits_are_not_read(body: str) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        number_at(bytes.fromhex(body), 0)


def test_a_number_that_breaks_off_is_not_read() -> None:
    with pytest.raises(IndexError):
        number_at(b"\x80\x80", 0)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        length_at(VARINTS[-1], 0)


def test_a_negative_count_is_a_block_that_says_its_size() -> None:
    assert count_at(VARINTS[-3] + VARINTS[77], 0) == (3, 3)
