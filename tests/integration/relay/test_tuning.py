"""How many events a relay takes at a time is changed while it runs."""

from __future__ import annotations

import re
from functools import partial

import pytest

from operations import cli
from tests.integration.relay.conftest import StartRelay
from tests.support.relays.installation import Installation, write_at_once
from tests.support.relays.process import RelayProcess
from tests.support.waiting import until

KEYS = 20
EVENTS = 2 * KEYS


def test_a_batch_is_as_large_as_it_was_set_last(
    monkeypatch: pytest.MonkeyPatch, installation: Installation, start_relay: StartRelay
) -> None:
    monkeypatch.setenv("ORDERS_POSTGRES__URL", installation.postgres_url)
    relay = start_relay(installation, mutant="telling")
    batches = partial(batches_of_an_append, installation, relay)

    assert batches() == [EVENTS]

    assert cli.run(["relay", "set", "--batch", "7", "--quiet"]) == 0
    until(lambda: max(batches()) <= 7, "the small batch is in force")
    assert batches() == [7, 7, 7, 7, 7, 5]

    assert cli.run(["relay", "set", "--default", "--quiet"]) == 0
    until(lambda: batches() == [EVENTS], "it is as it was started")

    verdict = installation.verdict()
    assert not verdict.complaints
    assert verdict.duplicates == 0, "a change of tuning sends nothing twice"


def batches_of_an_append(installation: Installation, relay: RelayProcess) -> list[int]:
    """Of events that are committed all at once."""
    before = len(relay.said)
    told: list[int] = []

    def has_told_all() -> bool:
        told[:] = map(int, re.findall(r"batch of (\d+)\n", relay.said[before:]))
        return sum(told) == EVENTS

    write_at_once(installation, KEYS)
    until(has_told_all, "all of them are given to Kafka's client")
    installation.await_published()
    return told
