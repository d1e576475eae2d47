"""The partitions that a projection reads at the moment: how far each is kept, how far it is folded, what waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from eventing.consuming import BEGINNING, Mark, Message, Partition
from eventing.parking import ParkedKey
from projections.folding import Batch
from projections.hearing import Ear, Taken


class Holding:
    def __init__(self) -> None:
        self.kept: dict[Partition, Mark] = {}
        """As the store, or the desk, has them."""
        self.ahead: dict[Partition, Mark] = {}
        """As they will be when everything that was folded is kept."""
        self.behind: list[Message] = []
        """Taken, and not yet given to the store."""
        self.parked: set[ParkedKey] = set()

    @property
    def partitions(self) -> Sequence[Partition]:
        return list(self.kept)

    def take_over(self, marks: Mapping[Partition, Mark], parked: Collection[ParkedKey]) -> None:
        self.kept.update(marks)
        self.ahead.update(marks)
        self.parked.update(parked)

    def take_in(self, messages: Sequence[Message]) -> None:
        """Asked with what was taken, and not before: while it is being taken, partitions are given up."""
        self.behind += messages

    def give_up(self, gone: set[Partition]) -> None:
        self.behind = [message for message in self.behind if message.partition not in gone]
        self.parked = {key for key in self.parked if key.partition not in gone}
        for partition in gone:
            self.kept.pop(partition, None)
            self.ahead.pop(partition, None)

    def hear(self, ear: Ear) -> list[Taken]:
        """Of what waits, that which lies beyond the mark of its partition; what a relay or a rebalance brought twice is
        passed over."""
        reached = {partition: mark.position for partition, mark in self.ahead.items()}
        takens: list[Taken] = []
        for message in self.behind:
            taken = ear.take(message)
            if taken.position is not None:
                if taken.position <= reached.get(message.partition, 0):
                    continue
                reached[message.partition] = taken.position
            takens.append(taken)
        return takens

    def marks_after(self, takens: Sequence[Taken]) -> dict[Partition, Mark]:
        """Events that nobody hears move the marks as well: those who wait for them are not kept waiting."""
        offsets = {message.partition: message.offset + 1 for message in self.behind}
        positions = {taken.message.partition: taken.position for taken in takens if taken.position is not None}
        return {
            partition: Mark(offset, positions.get(partition) or self.ahead.get(partition, BEGINNING).position)
            for partition, offset in offsets.items()
        }

    def folded(self, batch: Batch) -> None:
        self.ahead.update(batch.marks)
        self.behind = []


def positions(marks: Mapping[Partition, Mark]) -> Mapping[Partition, int]:
    return {partition: mark.position for partition, mark in marks.items()}


def leave_out(batch: Batch, gone: set[Partition]) -> None:
    """Of a batch that is to be given to the store once more, what is no longer this process's business."""
    batch.documents = {one: folded for one, folded in batch.documents.items() if folded.partition not in gone}
    batch.marks = {one: mark for one, mark in batch.marks.items() if one not in gone}
    batch.parked = [one for one in batch.parked if one.message.partition not in gone]
    batch.parked_keys = {key for key in batch.parked_keys if key.partition not in gone}
