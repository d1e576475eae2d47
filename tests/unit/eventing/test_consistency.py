from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.consistency import ConsistencyToken, decode_all, encode_seen
from eventing.errors import Refusal


@given(st.integers(0, 999), st.integers(0, 2**53))
def test_a_token_reads_back_as_what_was_written(partition: int, position: int) -> None:
    token = ConsistencyToken("order.events.v1", partition, position)

    assert ConsistencyToken.decode(token.encode()) == token


@given(st.text(max_size=60))
def test_anything_else_is_refused_by_its_code(invented: str) -> None:
    with pytest.raises(Refusal) as refused:
        ConsistencyToken.decode(invented)

    assert refused.value.code == "invalid_consistency_token"


def test_a_token_fits_a_header() -> None:
    token = ConsistencyToken("order.events.v1", 5, 123_456).encode()

    assert token.isascii()
    assert "=" not in token


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["order.events.v1", "stock.events.v1"]), st.integers(0, 99)),
        st.integers(0, 2**53),
        max_size=12,
    )
)
def test_what_was_seen_reads_back_whole(seen: dict[tuple[str, int], int]) -> None:
    tokens = [ConsistencyToken(topic, partition, position) for (topic, partition), position in seen.items()]

    assert sorted(decode_all(encode_seen(tokens))) == sorted(tokens) if tokens else encode_seen(tokens) == ""


def test_several_tokens_are_sent_with_commas_between_them() -> None:
    mine, theirs = ConsistencyToken("order.events.v1", 1, 7), ConsistencyToken("stock.events.v1", 2, 9)

    assert decode_all(f"{mine.encode()} ,{theirs.encode()}") == [mine, theirs]


@pytest.mark.parametrize("sent", ["", ",", "x, y", ",".join([ConsistencyToken("a", 0, 1).encode()] * 17)])
def test_a_list_that_is_none_or_too_long_is_refused(sent: str) -> None:
    with pytest.raises(Refusal) as refused:
        decode_all(sent)

    assert refused.value.code == "invalid_consistency_token"
