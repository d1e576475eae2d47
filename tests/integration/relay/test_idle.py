"""An idle relay costs next to nothing and still is quick. What is tuned while it runs takes effect."""

from __future__ import annotations

import statistics
import threading
import time

import pytest
from confluent_kafka import Consumer, TopicPartition

from eventing.cloudevents import recorded
from operations import cli
from tests.integration.relay.conftest import StartRelay
from tests.integration.relay.test_crashes import say
from tests.support.relays.checker import PARTITIONS
from tests.support.relays.installation import Installation, until, write
from tests.support.relays.process import RelayProcess

IDLE_BEFORE = 0.3
STRETCH_SECONDS = 10.0
MOST_OF_A_CORE = 0.03
SLOWEST = 0.025


def test_idle_it_polls_gently_and_publishes_at_once(
    installation: Installation, start_relay: StartRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = start_relay(installation)
    write(installation, 1)
    installation.await_published()

    share = idle_share(relay)
    delays = commit_to_consumer(installation, 15)

    middle, worst = statistics.median(delays) * 1000, max(delays) * 1000
    say(capsys, f"idle: {share:.1%} of a core; commit to consumer {middle:.1f} ms at p50, {worst:.1f} ms at worst")
    assert share < MOST_OF_A_CORE
    assert statistics.median(delays) < SLOWEST


def test_linger_and_batch_are_changed_while_it_runs(
    monkeypatch: pytest.MonkeyPatch, installation: Installation, start_relay: StartRelay
) -> None:
    monkeypatch.setenv("ORDERS_POSTGRES__URL", installation.postgres_url)
    start_relay(installation)
    write(installation, 1)
    installation.await_published()
    quick = statistics.median(commit_to_consumer(installation, 5))

    assert cli.run(["relay", "set", "--linger-ms", "300", "--batch", "7", "--quiet"]) == 0
    until(lambda: statistics.median(commit_to_consumer(installation, 3)) > 0.25, "the linger is in force")
    assert cli.run(["relay", "set", "--default", "--quiet"]) == 0
    until(lambda: statistics.median(commit_to_consumer(installation, 3)) < 0.2, "it is as it was started")

    assert quick < 0.25
    verdict = installation.verdict()
    assert not verdict.complaints
    assert verdict.duplicates == 0, "a change of tuning sends nothing twice"


def idle_share(relay: RelayProcess) -> float:
    """Of a core, over a stretch in which nothing happens."""
    used, began = relay.cpu_seconds(), time.monotonic()
    until(lambda: time.monotonic() - began > STRETCH_SECONDS, "some time of idleness has passed")
    return (relay.cpu_seconds() - used) / (time.monotonic() - began)


def commit_to_consumer(installation: Installation, times: int) -> list[float]:
    """Seconds from the database's clock at the append to a consumer of the same machine; idle before each."""
    delays: list[float] = []
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


def read_on(installation: Installation, delays: list[float], over: threading.Event) -> None:
    consumer = Consumer({"bootstrap.servers": installation.kafka_bootstrap, "group.id": "reader"})
    places = [TopicPartition(installation.order_topic, number) for number in range(PARTITIONS)]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place)[1]
    consumer.assign(places)
    while not over.is_set():
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            event = recorded(message.headers() or [], message.value() or b"")
            delays.append(time.time() - event.recorded_at.timestamp())
    consumer.close()


def await_arrivals(delays: list[float], count: int) -> None:
    until(lambda: len(delays) >= count, "both events of each append have arrived")
