"""The relay's process in tests: the real one, or one with a part broken on purpose.

A mutant shows that a test can fail. None of them is in the product: each replaces one part at the composition root.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from eventing.kafka import publisher
from eventing.kafka.deliveries import Delivery
from eventing.kafka.publisher import Publisher
from eventing.leases import Tenure
from eventing.postgres.leases import PostgresLease
from eventing.settings import Settings
from outbox_relay import leading, wiring
from outbox_relay.ledger import NAME, Ledger
from outbox_relay.ports import Tuning
from outbox_relay.wiring import Adapters, adapters
from tests.support.only_in_tests import Announce, run_in_a_test

FROZEN_CHUNK = 3
HASTY_SOCKET_TIMEOUT = 2.0


class CheckpointBeforeAck(Publisher):
    """Takes what was given to Kafka's client for published."""

    _sent = 0

    def publish(self, messages: Any, count: int, last: int) -> None:
        super().publish(messages, count, last)
        self._sent = last

    @property
    def acknowledged(self) -> int:
        return max(self._sent, super().acknowledged)


class SkipFailedBatch(Publisher):
    """Notes an error and goes on with the next batch."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        publisher._PROPERTIES["enable.gapless.guarantee"] = False
        super().__init__(*arguments, **more)

    def serve(self, seconds: float) -> None:
        self._producer.poll(seconds)
        for delivery in self._deliveries._open:
            _forgive(delivery)
        self._deliveries.settle()


class FreezeInABatch(Publisher):
    """Stops its process as SIGSTOP does, once, when a part of a batch is sent and the rest is in its hands."""

    _chunks = 0

    def _produce(self, messages: Any, report: Any) -> None:
        coming = list(messages)
        self._chunks += 1
        if self._chunks == FROZEN_CHUNK:
            half = len(coming) // 2
            super()._produce(coming[:half], report)
            self._producer.flush(5)
            os.kill(os.getpid(), signal.SIGSTOP)
            coming = coming[half:]
        super()._produce(coming, report)


class Telling(Publisher):
    """No mutant: it tells how many events each batch has."""

    def publish(self, messages: Any, count: int, last: int) -> None:
        sys.stderr.write(f"batch of {count}\n")
        super().publish(messages, count, last)


class UncheckedLedger(Ledger):
    def move(self, position: int, epoch: int) -> bool:
        self._database.query("UPDATE relays SET position = greatest(position, %s)", (position,))
        return True


class UncheckedLease(PostgresLease):
    def renew(self, holder: str, epoch: int, ttl: float) -> bool:
        return True


def without_epoch(settings: Settings) -> Adapters:
    """Once it leads it takes itself for the leader for ever, and nobody tells it otherwise."""
    setattr(Tenure, "holds", lambda _: True)  # noqa: B010 - it is no other method but a broken one
    made = with_publisher(FreezeInABatch)(settings)
    ledger, lease = made.ledger, made.lease
    assert isinstance(lease, PostgresLease)
    return replace(
        made,
        ledger=UncheckedLedger(ledger._database, ledger._defaults),
        lease=UncheckedLease(lease._database, NAME),
    )


def _forgive(delivery: Delivery) -> None:
    if delivery.failure is not None:
        delivery.failure = None
        delivery.awaited = 0


def with_publisher(kind: type[Publisher]) -> Callable[[Settings], Adapters]:
    def made(settings: Settings) -> Adapters:
        def open_publisher(tuning: Tuning, after: int, may_send: Callable[[], bool]) -> Publisher:
            return kind(settings.kafka.connection(), linger_ms=tuning.linger_ms, after=after, may_send=may_send)

        return replace(adapters(settings), open_publisher=open_publisher)

    return made


def hasty(settings: Settings) -> Adapters:
    """No mutant: its waits for Kafka are shorter, for tests that have to sit them out."""
    for name in ("socket.timeout.ms", "api.version.request.timeout.ms"):
        publisher._PROPERTIES[name] = int(HASTY_SOCKET_TIMEOUT * 1000)
    return adapters(settings)


def watchful(settings: Settings) -> Adapters:
    """No mutant: it looks at its topics every second."""
    leading.TOPICS_SECONDS = 1.0  # type: ignore[misc]
    return adapters(settings)


MUTANTS: dict[str, Callable[[Settings], Adapters]] = {
    "none": adapters,
    "hasty": hasty,
    "watchful": watchful,
    "telling": with_publisher(Telling),
    "checkpoint_before_ack": with_publisher(CheckpointBeforeAck),
    "freeze_in_a_batch": with_publisher(FreezeInABatch),
    "freeze_in_a_batch_without_epoch": without_epoch,
    "skip_failed_batch": with_publisher(SkipFailedBatch),
}


def run(settings: Settings, announce: Announce) -> None:
    wiring.run(settings, announce, outside=MUTANTS[sys.argv[1]])


if __name__ == "__main__":
    sys.exit(run_in_a_test(run))
