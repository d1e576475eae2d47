"""Of the partitions of a topic all are believed, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from eventing.consuming import Partition
from eventing.errors import Misconfigured
from projections.stores import whole_heads
from projections.stores.whole_heads import WholeHeads

WHOLE = {Partition("t", 0): 5, Partition("t", 1): 7}


class Heads:
    def __init__(self, *answers: Mapping[Partition, int]) -> None:
        self._answers = list(answers)

    def read(self, topics: Sequence[str]) -> Mapping[Partition, int]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_heads, "PAUSE", 0)


def test_what_a_broker_has_not_heard_of_yet_is_waited_for() -> None:
    heads = Heads({}, {Partition("t", 1): 7}, WHOLE)
    assert WholeHeads(heads, 2).read(["t"]) == WHOLE  # type: ignore[arg-type]


@pytest.mark.parametrize("partitions", [1, 3])
def test_another_number_of_partitions_than_the_platform_has_is_refused(partitions: int) -> None:
    with pytest.raises(Misconfigured, match=f"tells of 2 partitions of t, and .* is {partitions}:"):
        WholeHeads(Heads(WHOLE), partitions).read(["t"])  # type: ignore[arg-type]
