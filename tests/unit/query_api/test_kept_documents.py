"""What Redis keeps of a document, as a query reads it: as it is, or not at all."""

from __future__ import annotations

import pytest

from projections.reading import Kept, NotServed
from projections.stores.redis_reader import _kept


def test_a_document_comes_with_its_position_and_its_label() -> None:
    assert _kept(b'7 2 alice\n{"total":1}') == Kept(7, "2 alice", b'{"total":1}')
    assert _kept(b"7 \n") is None
    assert _kept(None) is None


@pytest.mark.parametrize(
    "value", [b"seven 2 alice\n{}", b" 2 alice\n{}", b'7 2 alice\n{"total":', b"7 2 alice\nnull", b"7 2 \xff\n{}"]
)
def test_what_can_not_be_read_is_not_served_and_not_an_error_of_ours(value: bytes) -> None:
    """An order is answered from its events then, as it is while Redis is away."""
    with pytest.raises(NotServed) as raised:
        _kept(value)

    assert raised.value.code == "read_model_unavailable"
