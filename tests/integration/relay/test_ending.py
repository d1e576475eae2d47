"""How a relay ends that is told to: first it sends what is under way, and told again it ends at once."""

from __future__ import annotations

import signal
import time

import pytest

from tests.integration.relay.conftest import StartRelay
from tests.support.relays.installation import Installation, write
from tests.support.relays.metrics import metric, readiness
from tests.support.relays.process import RelayProcess
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

LONG_LEASE = "10"
"""Seconds. One that is lost on a slow machine would be another end than the one that is looked at."""


@pytest.fixture
def installation(behind_proxy: Installation) -> Installation:
    return behind_proxy


def test_told_to_end_it_sends_what_is_under_way(
    installation: Installation, start_relay: StartRelay, proxy: TcpProxy
) -> None:
    relay = with_events_under_way(installation, start_relay, proxy)

    relay.ask_to_end()
    until(lambda: readiness(relay)[0] == 503, "nobody shall wait for it any more")
    proxy.resume()

    assert relay.wait() == 0
    assert installation.checkpoint() == installation.head()
    verdict = installation.verdict()
    assert not verdict.complaints
    assert verdict.duplicates == 0


def test_told_again_it_ends_at_once_and_the_next_one_sends_the_rest(
    installation: Installation, start_relay: StartRelay, proxy: TcpProxy
) -> None:
    relay = with_events_under_way(installation, start_relay, proxy)
    relay.ask_to_end()
    until(lambda: readiness(relay)[0] == 503, "it waits for Kafka")

    told_again = time.monotonic()
    relay.ask_to_end()

    assert relay.wait() == 128 + signal.SIGTERM
    assert time.monotonic() - told_again < 3
    assert installation.checkpoint() == 20, "what Kafka has not confirmed is not behind the checkpoint"
    proxy.cut()
    proxy.resume()
    start_relay(installation)
    installation.await_published()
    assert not installation.verdict().complaints


def with_events_under_way(installation: Installation, start_relay: StartRelay, proxy: TcpProxy) -> RelayProcess:
    """It has published 20 events; Kafka does not answer for those that came after."""
    relay = start_relay(installation, RELAY__LEASE_TTL=LONG_LEASE)
    write(installation, 10)
    installation.await_published()
    proxy.pause()
    write(installation, 50)
    until(lambda: metric(relay, "log_head_position") == installation.head(), "the relay has seen them")
    return relay
