"""Where events go: the topics, made and found to be safe, and the schema id of each type and version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eventing.errors import Misconfigured, OrderloomError
from outbox_relay.ledger import Ledger
from outbox_relay.messages import Franking
from outbox_relay.ports import Outgoing, Row, Topics


class NoSchemaId(OrderloomError):
    """An event has no schema id: run `orders schemas push`."""

    code = "no_schema_id"


class AddressBook:
    def __init__(self, ledger: Ledger, topics: Topics, *, partitions: int, epoch: int) -> None:
        self._ledger = ledger
        self._topics = topics
        self._partitions = partitions
        self._epoch = epoch
        self._known: frozenset[str] = frozenset()
        self._franking = Franking({}, partitions=partitions, epoch=epoch)

    def refresh(self) -> None:
        """Reads what was pushed since. Raises `Misconfigured` for a topic that could lose events or their order."""
        destinations = self._ledger.destinations()
        names = frozenset(to.topic for to in destinations.values())
        if names != self._known:
            self._prepare(sorted(names))
            self._known = names
        self._franking = Franking(destinations, partitions=self._partitions, epoch=self._epoch)

    def check(self) -> None:
        """Whether the topics still have the partitions that keys were spread over."""
        self._topics.demand_partitions(dict.fromkeys(self._known, self._partitions))

    def sendable(self, rows: Sequence[Row]) -> int:
        """How many of them, from the first on, have a destination."""
        count = self._franking.sendable(rows)
        if count < len(rows):
            self.refresh()
            count = self._franking.sendable(rows)
        return count

    def messages(self, rows: Sequence[Row]) -> Iterator[Outgoing]:
        return self._franking.messages(rows)

    def _prepare(self, names: Sequence[str]) -> None:
        for topic, begun_with in self._ledger.remember_partitions(names, self._partitions).items():
            if begun_with != self._partitions:
                raise Misconfigured(
                    f"Keys were spread over {begun_with} partitions of {topic} and would now go to others: "
                    f"set ORDERS_KAFKA__PARTITIONS back to {begun_with}."
                )
        self._topics.create(names)
        self._topics.demand(names)


def no_schema_id(row: Row) -> NoSchemaId:
    return NoSchemaId(
        f"{row[4]} in version {row[5]}, at position {row[0]}, has no schema id: run `orders schemas push`; "
        "publishing goes on by itself then."
    )
