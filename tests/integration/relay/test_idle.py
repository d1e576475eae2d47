"""An idle relay costs next to nothing and still is quick. What is tuned while it runs takes effect."""

from __future__ import annotations

import statistics
import threading
import time
from typing import NamedTuple

import pytest
from confluent_kafka import Consumer, TopicPartition

from eventing.cloudevents import recorded
from operations import cli
from tests.integration.relay.conftest import StartRelay
from tests.integration.relay.test_crashes import say
from tests.support.relays.checker import PARTITIONS
from tests.support.relays.installation import Installation, write
from tests.support.relays.process import RelayProcess
from tests.support.waiting import until

pytestmark = pytest.mark.alone

IDLE_BEFORE = 0.3
STRETCH_SECONDS = 10.0
MOST_OF_A_CORE = 0.03
SLOWEST = 0.025
ROUNDS = 5


class Delay(NamedTuple):
    """Seconds since an event was recorded."""

    to_client: float
    """The relay's own part: until it was in the hands of Kafka's client."""
    to_consumer: float


def test_idle_it_polls_gently_and_publishes_at_once(
    installation: Installation, start_relay: StartRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = start_relay(installation)
    write(installation, 1)
    installation.await_published()

    share = idle_share(relay)
    best = quietest_round(installation)

    noticed, arrived = [each.to_client for each in best], [each.to_consumer for each in best]
    say(
        capsys,
        f"idle: {share:.1%} of a core; commit to Kafka's client {told(noticed)}, to a consumer {told(arrived)}",
    )
    assert share < MOST_OF_A_CORE
    assert max(noticed) < SLOWEST
    assert statistics.median(arrived) < SLOWEST


def test_linger_and_batch_are_changed_while_it_runs(
    monkeypatch: pytest.MonkeyPatch, installation: Installation, start_relay: StartRelay
) -> None:
    monkeypatch.setenv("ORDERS_POSTGRES__URL", installation.postgres_url)
    start_relay(installation)
    write(installation, 1)
    installation.await_published()
    quick = to_consumer(installation)

    assert cli.run(["relay", "set", "--linger-ms", "300", "--batch", "7", "--quiet"]) == 0
    until(lambda: to_consumer(installation) > 0.25, "the linger is in force")
    assert cli.run(["relay", "set", "--default", "--quiet"]) == 0
    until(lambda: to_consumer(installation) < 0.2, "it is as it was started")

    assert quick < 0.25
    verdict = installation.verdict()
    assert not verdict.complaints
    assert verdict.duplicates == 0, "a change of tuning sends nothing twice"


def idle_share(relay: RelayProcess) -> float:
    """Of a core, over a stretch in which nothing happens."""
    used, began = relay.cpu_seconds(), time.monotonic()
    until(lambda: time.monotonic() - began > STRETCH_SECONDS, "some time of idleness has passed")
    return (relay.cpu_seconds() - used) / (time.monotonic() - began)


def quietest_round(installation: Installation) -> list[Delay]:
    """Of up to five. What else runs on the machine can make an event late and never early: the best round tells what
    the relay itself does, and in it every event counts."""
    rounds: list[list[Delay]] = []
    while len(rounds) < ROUNDS and not (rounds and slowest(rounds[-1]) < SLOWEST):
        rounds.append(commit_to_consumer(installation, 12))
    return min(rounds, key=slowest)


def slowest(delays: list[Delay]) -> float:
    return max(each.to_client for each in delays)


def told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms at p50, {max(seconds) * 1000:.1f} ms at worst"


def to_consumer(installation: Installation) -> float:
    return statistics.median(each.to_consumer for each in commit_to_consumer(installation, 3))


def commit_to_consumer(installation: Installation, times: int) -> list[Delay]:
    """From the database's clock at the append, by clocks of the same machine; idle before each."""
    delays: list[Delay] = []
    over = threading.Event()
    reading = threading.Thread(target=read_on, args=(installation, delays, over))
    reading.start()
    try:
        for number in range(1, times + 1):
            over.wait(IDLE_BEFORE)
            write(installation, 1)
            await_arrivals(delays, 2 * number)
    finally:
        over.set()
        reading.join()
    return delays


def read_on(installation: Installation, delays: list[Delay], over: threading.Event) -> None:
    consumer = Consumer({"bootstrap.servers": installation.kafka_bootstrap, "group.id": "reader"})
    places = [TopicPartition(installation.order_topic, number) for number in range(PARTITIONS)]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place)[1]
    consumer.assign(places)
    while not over.is_set():
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            now = time.time()
            committed = recorded(message.headers() or [], message.value() or b"").recorded_at.timestamp()
            _, milliseconds = message.timestamp()  # when the relay gave it to Kafka's client, rounded down
            delays.append(Delay((milliseconds + 1) / 1000 - committed, now - committed))
    consumer.close()


def await_arrivals(delays: list[Delay], count: int) -> None:
    until(lambda: len(delays) >= count, "both events of each append have arrived")
