"""Following positions is safe because of how the store hands them out. With a plain sequence it would not be."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.relay.conftest import StartRelay
from tests.support.relays.installation import Installation, Writers, write
from tests.support.waiting import until

WRITERS = 8


def test_overlapping_writers_lose_nothing(installation: Installation, start_relay: StartRelay) -> None:
    start_relay(installation)
    with Writers(installation, writers=16, pause=0.003):
        until(lambda: installation.checkpoint() > 2000, "2000 events are published")
    installation.await_published()

    verdict = installation.verdict()

    assert not verdict.complaints
    assert verdict.duplicates == 0, "without a fault nothing comes twice"


def test_the_same_over_a_plain_sequence_loses_events(installation: Installation, start_relay: StartRelay) -> None:
    """The mutant: positions from a sequence, handed out before the commit, as most outboxes do it."""
    start_relay(installation)
    write(installation, 1)
    installation.await_published()
    installation.query("CREATE SEQUENCE naive START 3")

    def writer(seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(installation.postgres_url) as connection:
            for version in range(1, 40):
                connection.execute(
                    """INSERT INTO events (position, recorded_at, event_id, correlation_id, version, schema_version,
                                           stream, type, actor, body)
                       VALUES (nextval('naive'), clock_timestamp(), %s, %s, %s, 1, %s, 'order.confirmed', 'naive', '')
                    """,
                    (uuid4(), uuid4(), version, f"order-{UUID(int=seed + 1000)}"),
                )
                connection.execute("SELECT pg_sleep(%s)", (chance.uniform(0, 0.02),))
                connection.commit()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(writer, range(WRITERS)))
    installation.await_published()

    assert any("never reached Kafka" in complaint for complaint in installation.verdict().complaints)


@pytest.mark.parametrize("mutant", [False, True], ids=["checked", "unchecked"])
def test_a_zombie_can_not_move_the_checkpoint(installation: Installation, mutant: bool) -> None:
    from eventing.postgres.database import Database
    from eventing.postgres.leases import PostgresLease
    from outbox_relay.ledger import NAME, Ledger
    from outbox_relay.ports import Tuning

    class Unchecked(Ledger):
        def move(self, position: int, epoch: int) -> bool:
            installation.query("UPDATE relays SET position = %s", position)
            return True

    database = Database(installation.postgres_url, application_name="test", patience=5)
    lease = PostgresLease(database, NAME)
    old = lease.take("old", 0.01)
    assert old
    until(lambda: lease.take("new", 10), "the lease of the old one has expired")

    moved = (Unchecked if mutant else Ledger)(database, Tuning(0, 1)).move(7, old)

    database.close()
    assert (moved, installation.checkpoint()) == ((True, 7) if mutant else (False, 0))
