"""A process of the saga in tests: the real one, or one with a part broken on purpose.

A mutant shows that a test can fail. None of them is in the product: each replaces one part at the composition root.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from eventing.avro.codec import Codec
from eventing.breaker import Breaker
from eventing.decider import Decider
from eventing.settings import Settings
from saga_choreography import wiring
from saga_choreography.adapters.transactions import PostgresTransactions, PostgresWork
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.outside import Declined, Unknown
from saga_choreography.participant import Heard, Participant
from saga_choreography.questions import Ask
from saga_choreography.wiring import Adapters, adapters
from tests.support.only_in_tests import Announce, run_in_a_test

BUGGY = "buggy"
"""What the name of a customer begins with whose orders meet a bug."""

Outside = Callable[[Settings, Codec, OutsideMetrics], Adapters]


def quick(settings: Settings, codec: Codec, metrics: OutsideMetrics) -> Adapters:
    """The real one, but that a breaker which has opened lets probes through after a moment and not after 30 s."""
    made = adapters(settings, codec, metrics)
    return replace(
        made, lines=wiring.lines(settings, metrics, lambda: Breaker(failures=10, pause=0.1, longest_pause=0.3))
    )


def with_a_bug(settings: Settings, codec: Codec, metrics: OutsideMetrics) -> Adapters:
    """The inventory divides by zero for some customers."""
    made = quick(settings, codec, metrics)
    sound = made.participants["inventory"]

    def decide(asked: Any, state: Any) -> Sequence[Any]:
        if isinstance(asked, Heard) and getattr(asked.event, "customer_name", "").startswith(BUGGY):
            return [1 // 0]
        return sound.decider.decide(asked, state)

    buggy: Participant = replace(sound, decider=Decider(sound.decider.initial, decide, sound.decider.evolve))
    return replace(made, participants={**made.participants, "inventory": buggy})


class ReadsWithoutLocks(PostgresWork):
    """Reads the levels, and writes back what it has worked out."""

    def lock_levels(self, skus: Sequence[str]) -> Mapping[str, int]:
        rows = self.execute("SELECT sku, available FROM stock_levels WHERE sku = ANY (%s)", (list(skus),))
        self._read = dict(rows)
        if any(self._read.values()):
            self.execute("SELECT pg_sleep(0.5)")  # the other one reads meanwhile
        return dict(rows)

    def move_levels(self, deltas: Mapping[str, int]) -> None:
        for sku, delta in sorted(deltas.items()):
            self.execute("SELECT write_level(%s, %s, %s)", (sku, self._read[sku] + delta, -delta))


def with_work(kind: type[PostgresWork]) -> Outside:
    def made(settings: Settings, codec: Codec, metrics: OutsideMetrics) -> Adapters:
        sound = quick(settings, codec, metrics)

        def transactions(name: str) -> PostgresTransactions:
            broken = sound.transactions(name)
            broken.work = kind
            return broken

        return replace(sound, transactions=transactions)

    return made


def timeout_is_decline(settings: Settings, codec: Codec, metrics: OutsideMetrics) -> Adapters:
    """Takes it for a no when nobody answers."""
    made = quick(settings, codec, metrics)

    @asynccontextmanager
    async def line(name: str) -> AsyncIterator[Ask]:
        async with made.lines(name) as ask:

            async def hasty(intent: object) -> Any:
                answer = await ask(intent)
                return Declined("no_answer") if isinstance(answer, Unknown) else answer

            yield hasty

    return replace(made, lines=line)


MUTANTS: dict[str, Outside] = {
    "none": quick,
    "bug": with_a_bug,
    "read_modify_write": with_work(ReadsWithoutLocks),
    "timeout_is_decline": timeout_is_decline,
}


def run(settings: Settings, announce: Announce) -> None:
    wiring.run(settings, sys.argv[2:], announce, outside=MUTANTS[sys.argv[1]])


if __name__ == "__main__":
    sys.exit(run_in_a_test(run))
