from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.consistency import ConsistencyToken
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
