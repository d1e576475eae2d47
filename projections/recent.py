"""Documents that were folded lately, so that the next event of an order need not ask the store for it.

Valid as long as this process reads the partition: nobody else writes its documents then, and whatever an operator does
about a parked key is carried out by the process that reads it. Whoever loses a partition forgets its documents. Only a
repair writes beside it: it tells so, and waits until everything is forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable

from eventing.consuming import Partition
from projections.ports import Stored


class Recent:
    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[Partition, Stored]] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, document_id: str) -> Stored | None:
        found = self._kept.get(document_id)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(document_id)
        return found[1]

    def keep(self, document_id: str, partition: Partition, stored: Stored) -> None:
        self._kept[document_id] = partition, stored
        self._kept.move_to_end(document_id)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, ids: Iterable[str]) -> None:
        for one in ids:
            self._kept.pop(one, None)

    def forget_partitions(self, partitions: Collection[Partition]) -> None:
        self.forget([one for one, (partition, _) in self._kept.items() if partition in partitions])

    def clear(self) -> None:
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)
