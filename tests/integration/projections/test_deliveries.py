"""Whatever Kafka may deliver, the models are the fold of the log.

What it may: the events of a partition come in the order of the log, and any stretch of them again, as often as a relay
begins anew at an older checkpoint; and any partition may be far ahead of any other. A process that remembers few
documents, or none, has to build on what it is just writing all the same.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence

import pytest

from eventing.partitioning import partition_of
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.level import demand_fold
from tests.support.read_models.platform import PARTITIONS, Platform
from tests.support.read_models.story import Told, tell

LONGEST = 60
"""Events, until a relay stumbles."""


def lanes(log: Sequence[Told]) -> Sequence[list[Told]]:
    """By partition of Kafka."""
    found: dict[tuple[str, int], list[Told]] = defaultdict(list)
    for told in log:
        found[told.topic, partition_of(told.key, PARTITIONS)].append(told)
    return list(found.values())


def repeated(lane: Sequence[Told], chance: random.Random) -> list[Told]:
    """Stretches come again, be it from the beginning. The last event comes once and last of all: when it has arrived,
    so has every repetition."""
    told: list[Told] = []
    at, last = 0, len(lane) - 1
    while at < last:
        end = min(last, at + chance.randrange(1, LONGEST))
        told += lane[at:end]
        at = max(0, end - chance.randrange(LONGEST // 2)) if chance.random() < 0.5 else end
    for _ in range(2):
        told += lane[chance.randrange(len(lane)) : last]
    return [*told, lane[last]]


def interleaved(ways: Sequence[list[Told]], chance: random.Random) -> Iterator[list[Told]]:
    """A stretch of one lane, then one of another, so that some lanes are long at their end while others begin."""
    waiting = [list(way) for way in ways]
    while waiting:
        lane = chance.choice(waiting[:3])
        count = chance.randrange(1, LONGEST)
        yield lane[:count]
        del lane[:count]
        waiting = [way for way in waiting if way]


@pytest.mark.parametrize(
    ("seed", "batch", "remembered"), [(3, "20", "0"), (4, "7", "5"), (5, "500", "5000"), (6, "1", "5000")]
)
def test_what_comes_again_and_in_any_order_of_partitions_is_counted_once(
    platform: Platform, start_projector: StartProjector, seed: int, batch: str, remembered: str
) -> None:
    chance = random.Random(seed)
    log = tell(seed, orders=60)
    ways = [repeated(lane, chance) for lane in lanes(log)]
    chance.shuffle(ways)
    assert sum(map(len, ways)) > len(log) * 1.5
    start_projector(platform, PROJECTOR__BATCH=batch, PROJECTOR__RECENT=remembered)

    for stretch in interleaved(ways, chance):
        platform.publish(stretch)

    demand_fold(platform, log)
