"""Relays that die, pause and come back while others append and read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import pytest

from tests.integration.relay.conftest import StartRelay
from tests.support.relays.installation import Installation, Writers, write
from tests.support.relays.metrics import readiness
from tests.support.relays.process import RelayProcess
from tests.support.waiting import until

pytestmark = pytest.mark.alone

CRASHED = 137
TTL = 1.5


@pytest.mark.parametrize(
    "place", ["relay.before_produce:4", "relay.produced:4", "relay.acknowledged:4", "relay.checkpointed:4"]
)
def test_a_crash_loses_nothing_wherever_it_happens(
    installation: Installation, start_relay: StartRelay, place: str
) -> None:
    with Writers(installation):
        assert start_relay(installation, CRASH_POINT=place).wait() == CRASHED
        start_relay(installation)
    installation.await_published()

    verdict = installation.verdict()

    assert not verdict.complaints
    assert verdict.events > 0
    # What Kafka has and the checkpoint has not comes twice; the consumer's rule of the verdict took it once.
    assert verdict.duplicates > 0 or place != "relay.acknowledged:4"


def test_another_takes_over_when_the_leader_is_killed_again_and_again(
    installation: Installation,
    start_relay: StartRelay,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    relays = [start_relay(installation), start_relay(installation)]
    takeovers = []
    with Writers(installation):
        for _ in range(3):
            until(lambda: installation.leader() and installation.checkpoint(), "one leads and publishes")
            leader = leader_among(installation, relays)
            leader.kill()
            takeovers.append(seconds_to_takeover(installation, leader))
            relays.append(start_relay(installation))
    installation.await_published()

    record_property("takeover_after_kill_seconds", takeovers)
    say(capsys, f"takeover after kill -9 in {worst(takeovers)} at a TTL of {TTL} s")
    assert max(takeovers) <= 2 * TTL
    assert not installation.verdict().complaints


def test_a_leader_that_was_paused_does_no_harm_when_it_wakes(
    installation: Installation, start_relay: StartRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    relays = [start_relay(installation), start_relay(installation)]
    takeovers = []
    with Writers(installation):
        for _ in range(2):
            until(lambda: installation.leader() and installation.checkpoint(), "one leads and publishes")
            before = installation.leader()
            leader = leader_among(installation, relays)
            leader.freeze()
            takeovers.append(seconds_to_takeover(installation, leader))
            after = installation.leader()
            assert before
            assert after
            assert after[1] > before[1], "the epoch grows with each leader"
            reached = installation.checkpoint()
            await_progress(installation, reached)
            leader.thaw()
            await_retreat(leader)
    installation.await_published()

    say(capsys, f"takeover after SIGSTOP in {worst(takeovers)} at a TTL of {TTL} s")
    assert max(takeovers) <= 2 * TTL
    assert not installation.verdict().complaints


def test_told_to_end_it_finishes_what_is_under_way_and_hands_over_at_once(
    installation: Installation, start_relay: StartRelay
) -> None:
    relays = [start_relay(installation), start_relay(installation)]
    with Writers(installation):
        until(lambda: installation.leader() and installation.checkpoint(), "one leads and publishes")
        leader = leader_among(installation, relays)
        leader.ask_to_end()
        assert leader.wait() == 0
        seconds = seconds_to_takeover(installation, leader)
    installation.await_published()

    verdict = installation.verdict()

    assert seconds < TTL, "nobody had to wait for the lease to expire"
    assert verdict == (verdict.complaints, verdict.events, 0)
    assert not verdict.complaints


def test_a_relay_whose_log_is_behind_catches_up(installation: Installation, start_relay: StartRelay) -> None:
    write(installation, 5000)

    start_relay(installation)
    installation.await_published()

    verdict = installation.verdict()
    assert not verdict.complaints
    assert (verdict.events, verdict.duplicates) == (10_000, 0)


def leader_among(installation: Installation, relays: Sequence[RelayProcess]) -> RelayProcess:
    leader = installation.leader()
    assert leader
    return next(relay for relay in relays if relay.holder in leader[0])


def seconds_to_takeover(installation: Installation, relay: RelayProcess) -> float:
    def led_by_another() -> bool:
        leader = installation.leader()
        return leader is not None and relay.holder not in leader[0]

    return until(led_by_another, "another one leads")


def await_progress(installation: Installation, reached: int) -> None:
    until(lambda: installation.checkpoint() > reached, "the new leader publishes")


def await_retreat(relay: RelayProcess) -> None:
    def waits() -> bool:
        _, said = readiness(relay)
        return "waits" in said["checks"]["leadership"].get("detail", "")

    until(waits, "the old leader knows that it leads no more")


def worst(seconds: Sequence[float]) -> str:
    return f"{max(seconds):.2f} s at worst of {len(seconds)}"


def say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{words}\n")
