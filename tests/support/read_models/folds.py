"""Runs folds in memory as a projector would, over whatever deliveries a test makes up."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import orjson

from eventing.consuming import Message, Partition
from eventing.partitioning import partition_of
from projections.folding import Batch, fold_batch
from projections.hearing import Taken
from projections.ports import Stored
from projections.read_model import ReadModel
from tests.support.read_models.log_reading import Shown
from tests.support.read_models.story import Told

PARTITIONS = 4


def partition(told: Told, partitions: int = PARTITIONS) -> Partition:
    return Partition(told.topic, partition_of(told.key, partitions))


def taken(model: ReadModel, told: Told, partitions: int = PARTITIONS) -> Taken:
    message = Message(partition(told, partitions), told.position, told.key, b"", [])
    return Taken(message, told.type, told.position, model.heard_by.get(told.type, ()), told.heard())


class InMemory:
    """The documents of one model, with sums and lists as its changes tell them."""

    def __init__(self, model: ReadModel) -> None:
        self.model = model
        self.kept: dict[str, Stored] = {}
        self.bodies: dict[str, bytes | None] = {}
        self.labels: dict[str, str] = {}
        self.sums: dict[tuple[str, Partition], Counter[str]] = defaultdict(Counter)
        self.lists: dict[str, dict[str, int]] = defaultdict(dict)

    def deliver(self, log: Iterable[Told]) -> None:
        """As one batch."""
        batch = Batch()
        takens = [taken(self.model, told) for told in log if told.topic in self.model.topics]
        fold_batch(batch, takens, self.kept, ())
        assert not batch.parked, batch.parked[0].cause
        for change in batch.changes():
            assert change.based_on == self.kept.get(change.id, Stored(0, None)).position
            document = None if change.body is None else orjson.loads(change.body)
            self.kept[change.id] = Stored(change.position, document)
            self.bodies[change.id] = change.body
            self.labels[change.id] = change.label
            for (group, name), amount in change.sums.items():
                self.sums[group, change.partition][name] += amount
            for name, place in change.places.items():
                if place is None:
                    del self.lists[name][change.id]
                else:
                    self.lists[name][change.id] = place

    def shown(self) -> Shown:
        sums: dict[str, Counter[str]] = defaultdict(Counter)
        for (group, _), fields in self.sums.items():
            for name, amount in fields.items():
                sums[group][name] += amount
        return Shown(
            {one: (stored.position, stored.document) for one, stored in self.kept.items()},
            {
                group: {name: amount for name, amount in fields.items() if amount}
                for group, fields in sums.items()
                if any(fields.values())
            },
            {
                name: sorted(places.items(), key=lambda one: (one[1], one[0]))
                for name, places in self.lists.items()
                if places
            },
            {one: label for one, label in self.labels.items() if label},
        )


def deliveries(log: Sequence[Told], chance: random.Random) -> list[list[Told]]:
    """Batches as Kafka may deliver them: each partition in order, partitions interleaved at will, and again and again a
    partition begins anew at a place before the one that was reached."""
    lanes: dict[Partition, list[Told]] = defaultdict(list)
    for told in log:
        lanes[partition(told)].append(told)
    at = dict.fromkeys(lanes, 0)
    batches: list[list[Told]] = []
    while any(at[lane] < len(lanes[lane]) for lane in lanes):
        batch: list[Told] = []
        for _ in range(chance.randrange(1, 4)):
            lane = chance.choice(list(lanes))
            count = chance.randrange(1, 30)
            batch += lanes[lane][at[lane] : at[lane] + count]
            at[lane] = min(len(lanes[lane]), at[lane] + count)
            if chance.random() < 0.3:
                at[lane] = max(0, at[lane] - chance.randrange(40))
        batches.append(batch)
    return batches
