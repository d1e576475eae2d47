"""What stands in Postgres about one build: its marks, if its store keeps none, and what could not be handled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from eventing.consuming import Mark, Move, Partition
from eventing.parking import Cause, Parked, ParkedKey
from eventing.postgres.database import Database
from eventing.postgres.marks import move_marks, read_marks
from eventing.postgres.parking import PostgresParking
from projections.ports import ToPark
from projections.stores.transactions import transaction


class PostgresDesk:
    """`database` may give up its last moments in a crash: marks that are lost are only older ones."""

    def __init__(self, database: Database, consumer: str) -> None:
        self._database = database
        self._consumer = consumer
        self._parking = PostgresParking(database.query, consumer)

    def marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        return read_marks(self._database.query, self._consumer, partitions)

    def keep(self, moves: Sequence[Move], parked: Sequence[ToPark]) -> None:
        if not parked:
            if moves:
                move_marks(self._database.query, self._consumer, moves)
            return
        with transaction(self._database) as execute:
            # A mark in Redis follows this: what is parked must not be lost any more.
            execute("SET LOCAL synchronous_commit = on", ())
            if moves:
                move_marks(execute, self._consumer, moves)
            parking = PostgresParking(execute, self._consumer)
            for one in parked:
                parking.park(one.message, one.cause, event_type=one.event_type, position=one.position)

    def parked(self, partitions: Sequence[Partition]) -> frozenset[ParkedKey]:
        return self._parking.keys(partitions)

    def to_retry(self, partitions: Sequence[Partition]) -> Sequence[Parked]:
        return self._parking.to_retry(partitions)

    def settle(self, parked: Parked, carry_out: Callable[[], None]) -> bool:
        with transaction(self._database) as execute:
            if not PostgresParking(execute, self._consumer).settled(parked):
                return False
            carry_out()
        return True

    def failed_again(self, parked: Parked, cause: Cause) -> None:
        with transaction(self._database) as execute:
            PostgresParking(execute, self._consumer).failed_again(parked, cause)

    def close(self) -> None:
        self._database.close()
