"""Thousands of interleavings of the whole saga, each from a seed.

`SAGA_SEED=4711 pytest tests/unit/saga/model` runs one seed again, `python -m tests.support.saga 4711` prints its trace.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.support.saga.faults import Faults
from tests.support.saga.mutants import MUTANTS, WITHOUT_A_GLANCE
from tests.support.saga.oracle import Broken
from tests.support.saga.world import PARTICIPANTS, World


class Clumsy(World):
    drawn = Faults.clumsy


ONE = os.environ.get("SAGA_SEED")
SEEDS = range(1500) if ONE is None else range(int(ONE), int(ONE) + 1)
MANY = range(10_000, 18_000)
ENOUGH_FOR_A_MUTANT = 5000


def run(seed: int, kind: type[World] = World) -> World:
    world = kind(seed)
    try:
        world.run()
    except Exception as error:
        error.add_note(f"Replay it with `python -m tests.support.saga {seed}`, or SAGA_SEED={seed} and pytest.")
        raise
    return world


def explore(seeds: Iterable[int], kind: type[World] = World) -> tuple[Counter[str], set[tuple[str, type, type]]]:
    ends: Counter[str] = Counter()
    reactions: set[tuple[str, type, type]] = set()
    for seed in seeds:
        world = run(seed, kind)
        ends.update(account.end for account in world.oracle.accounts.values())
        reactions |= world.reactions
    return ends, reactions


def test_whatever_happens_every_order_ends_once_with_stock_and_money_balanced() -> None:
    ends, reactions = explore(SEEDS)

    if ONE is None:
        # It says nothing if the seeds don't get anywhere.
        assert ends.keys() == {"order.confirmed", "order.failed", "order.cancelled"}
        assert min(ends.values()) > len(SEEDS) / 10
        assert reactions <= declared()


def test_an_order_that_lost_what_it_needs_is_forced_back() -> None:
    ends, reactions = explore(range(300), Clumsy)

    assert ends["order.failed"] > 100
    assert reactions <= declared()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_all_that_the_participants_declare_does_follow_and_nothing_else() -> None:
    ends, reactions = explore(MANY)
    _, rare = explore(range(3000), Clumsy)

    assert sum(ends.values()) > len(MANY)
    assert reactions | rare == declared()


def test_what_the_glance_at_the_order_saves_nothing_rests_on() -> None:
    explore(range(400), WITHOUT_A_GLANCE)


def test_a_seed_is_one_trace() -> None:
    traces: list[list[str]] = []
    for _ in range(2):
        trace: list[str] = []
        World(7, lambda form, *facts, told=trace: told.append(form % facts)).run()
        traces.append(trace)

    assert traces[0] == traces[1]
    assert len(traces[0]) > 20


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mechanism_that_is_taken_out_is_missed(name: str) -> None:
    with pytest.raises(Broken):
        explore(range(ENOUGH_FOR_A_MUTANT), MUTANTS[name])


def declared() -> set[tuple[str, type, type]]:
    """What the participants say of themselves: nothing else may follow, and all of it does follow somewhere."""
    heard = {
        (name, event, emitted)
        for name, participant in PARTICIPANTS.items()
        for event, reaction in participant.hears.items()
        for emitted in reaction.emits
    }
    answered = {
        (name, intent, emitted)
        for name, participant in PARTICIPANTS.items()
        for intent, what in participant.intents.items()
        for emitted in (*what.closed_by, *what.and_then)
    }
    return heard | answered
