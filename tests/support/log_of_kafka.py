"""Reads a topic as anybody would who knows Kafka and CloudEvents, and nothing of ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import NamedTuple, cast
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition


class Message(NamedTuple):
    key: str
    id: str
    type: str


def read_topic(
    bootstrap: str,
    topic: str,
    *,
    until: Collection[str] = (),
    enough: Callable[[list[Message]], bool] | None = None,
    seconds: float = 60,
) -> list[Message]:
    """From its beginning until events of these types came, or there is enough; what came twice is there twice."""
    satisfied = enough or (lambda found: set(until) <= {message.type for message in found})
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"reader-{uuid4()}", "enable.auto.commit": False})
    found: list[Message] = []
    try:
        partitions = consumer.list_topics(topic, timeout=seconds).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        end = time.monotonic() + seconds
        while not satisfied(found):
            assert time.monotonic() < end, f"{topic} has only {found[-20:]} after {seconds} s"
            for message in consumer.consume(500, 0.5):
                assert message.error() is None, message.error()
                headers = dict(cast(list[tuple[str, bytes]], message.headers()))
                key = cast(bytes, message.key()).decode()
                found.append(Message(key, headers["ce_id"].decode(), headers["ce_type"].decode()))
    finally:
        consumer.close()
    return found
