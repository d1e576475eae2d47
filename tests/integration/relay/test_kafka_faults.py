"""Kafka frozen, killed, cut off, mute and full, under a relay that has events on the way."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.relay.conftest import StartRelay, prepared
from tests.support.relays.broker import Broker, proxied_broker
from tests.support.relays.installation import Installation, Writers, write
from tests.support.relays.main import HASTY_SOCKET_TIMEOUT
from tests.support.relays.metrics import metric
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

LONGEST_TIMEOUT = HASTY_SOCKET_TIMEOUT
"""Of the relay's Kafka client here; in the product its waits are longer."""


@pytest.fixture
def installation(behind_proxy: Installation) -> Installation:
    return behind_proxy


@pytest.mark.parametrize("mutant", ["none", "checkpoint_before_ack"])
def test_what_kafka_never_got_is_published_after_a_crash(
    installation: Installation, start_relay: StartRelay, proxy: TcpProxy, mutant: str
) -> None:
    # One that lost its lease meanwhile would not have sent them at all, and the mutant nothing to take for published.
    relay = start_relay(installation, mutant=mutant, RELAY__LEASE_TTL="5")
    write(installation, 10)
    installation.await_published()

    proxy.pause()
    write(installation, 50)
    until(lambda: metric(relay, "log_head_position") == installation.head(), "the relay has seen them")
    relay.kill()
    proxy.cut()
    proxy.resume()
    start_relay(installation)
    write(installation, 10)
    installation.await_published()

    complaints = installation.verdict().complaints
    assert bool(complaints) is (mutant != "none"), complaints


def test_a_broker_that_is_frozen_for_longer_than_any_timeout_leaves_no_hole(
    installation: Installation, start_relay: StartRelay, broker: Broker
) -> None:
    relay = start_relay(installation, mutant="hasty")
    with Writers(installation):
        until(lambda: installation.checkpoint() > 0, "events are published")
        broker.freeze()
        frozen = time.monotonic()
        until(lambda: time.monotonic() - frozen > LONGEST_TIMEOUT + 2, "every timeout has passed")
        until(lambda: metric(relay, "in_trouble"), "the relay has noticed")
        broker.thaw()
    installation.await_published()

    assert not installation.verdict().complaints


def test_a_broker_that_is_killed_and_comes_back_gets_everything(
    installation: Installation, start_relay: StartRelay, broker: Broker
) -> None:
    start_relay(installation)
    with Writers(installation):
        until(lambda: installation.checkpoint() > 0, "events are published")
        broker.kill()
        broker.start()
        reached = installation.head()
        until(lambda: installation.checkpoint() > reached, "publishing has resumed by itself")
    installation.await_published()

    assert not installation.verdict().complaints


def test_connections_that_break_in_the_middle_of_a_frame_break_no_order(
    installation: Installation, start_relay: StartRelay, proxy: TcpProxy
) -> None:
    chance = random.Random(11)
    start_relay(installation)
    with Writers(installation, pause=0.01):
        until(lambda: installation.checkpoint() > 0, "events are published")
        for _ in range(6):
            proxy.cut_after(chance.randint(100, 20_000), chance.choice(["up", "down"]))
            assert proxy.triggered.wait(60)
            proxy.heal()
            reached = installation.checkpoint()
            until(lambda: installation.checkpoint() > reached, "publishing goes on")  # noqa: B023
    installation.await_published()

    assert not installation.verdict().complaints


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system to fill up")
def test_a_full_disk_of_the_broker_stops_publishing_and_loses_nothing(
    database: str, names: str, start_relay: StartRelay, broker_folder: Path
) -> None:
    disk = broker_folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=755", "none", str(disk)], check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        with proxied_broker(disk / "kafka") as (broker, _):
            installation = prepared(Installation(database, broker.direct, names))
            relay = start_relay(installation)
            write(installation, 50)
            installation.await_published()
            fill(disk / "ballast")
            with Writers(installation, pause=0.005):
                until(broker.ended, "the broker has given up for want of space")
                (disk / "ballast").unlink()
                broker.start()
                reached = installation.head()
                until(lambda: installation.checkpoint() > reached, "publishing has resumed by itself")
            installation.await_published()

            assert not installation.verdict().complaints
            assert metric(relay, "in_trouble") == 0
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(path: Path) -> None:
    """To the last byte: what Kafka writes next does not fit."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            return
