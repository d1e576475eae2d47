"""What must hold of store and topics, whatever was killed, paused or cut off: read from both, and compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import psycopg
from confluent_kafka import Consumer, TopicPartition

from eventing.cloudevents import FRAME_LENGTH, recorded
from eventing.envelope import Recorded
from eventing.partitioning import partition_of

PARTITIONS = 6


class Published(NamedTuple):
    """A record of a topic."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    event: Recorded
    epoch: int


class Stored(NamedTuple):
    position: int
    stream: str
    version: int
    event_id: str
    body: bytes


class Verdict(NamedTuple):
    complaints: Sequence[str]
    """Empty, if all holds."""
    events: int
    duplicates: int


def judge(stored: Sequence[Stored], published: Sequence[Published]) -> Verdict:
    complaints = [
        *_same_events(stored, published),
        *_same_bytes(stored, published),
        *_one_partition_a_key(published),
        *_in_order(stored, published),
    ]
    return Verdict(complaints, len(stored), len(published) - len({each.event.event_id for each in published}))


def accepted(published: Iterable[Published]) -> Iterator[Published]:
    """The consumer's rule: per partition, only what is further than everything before."""
    reached: dict[tuple[str, int], int] = defaultdict(int)
    for each in sorted(published, key=lambda each: (each.topic, each.partition, each.offset)):
        if each.event.position > reached[each.topic, each.partition]:
            reached[each.topic, each.partition] = each.event.position
            yield each


def read_store(url: str) -> Sequence[Stored]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT position, stream, version, event_id::text, body FROM events ORDER BY position"
        ).fetchall()
    return [Stored(*row) for row in rows]


def read_topics(bootstrap: str, topics: Sequence[str]) -> Sequence[Published]:
    """Everything there is now."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "checker", "enable.auto.commit": False, "check.crcs": True}
    )
    try:
        places = {(topic, n): _end(consumer, topic, n) for topic in topics for n in range(PARTITIONS)}
        wanted = sum(end for end in places.values())
        consumer.assign([TopicPartition(topic, n, 0) for (topic, n), end in places.items() if end])
        found: list[Published] = []
        while len(found) < wanted:
            messages = consumer.consume(wanted - len(found), timeout=60)
            assert messages, f"{len(found)} of {wanted} records came back"
            found += [_published(message) for message in messages]
        return found
    finally:
        consumer.close()


def _end(consumer: Consumer, topic: str, partition: int) -> int:
    return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=60)[1]


def _published(message) -> Published:  # type: ignore[no-untyped-def]
    assert message.error() is None, message.error()
    headers = message.headers()
    epoch = int(dict(headers)["ce_epoch"])
    event = recorded(headers, message.value())
    return Published(
        message.topic(), message.partition(), message.offset(), message.key().decode(), message.value(), event, epoch
    )


def _same_events(stored: Sequence[Stored], published: Sequence[Published]) -> Iterator[str]:
    there, here = {str(each.event.event_id) for each in published}, {each.event_id for each in stored}
    if lost := here - there:
        positions = sorted(each.position for each in stored if each.event_id in lost)
        yield f"{len(lost)} events never reached Kafka, the first at position {positions[0]}"
    if invented := there - here:
        yield f"{len(invented)} events in Kafka are not in the store"


def _same_bytes(stored: Sequence[Stored], published: Sequence[Published]) -> Iterator[str]:
    bodies = {each.event_id: each.body for each in stored}
    changed = sum(each.value[FRAME_LENGTH:] != bodies.get(str(each.event.event_id)) for each in published)
    if changed:
        yield f"{changed} records have other bytes than the store"


def _one_partition_a_key(published: Sequence[Published]) -> Iterator[str]:
    strays = sum(each.partition != partition_of(each.event.key, PARTITIONS) for each in published)
    if strays:
        yield f"{strays} records are on another partition than their key's"
    if any(each.key != each.event.key for each in published):
        yield "records have other keys than their streams"


def _in_order(stored: Sequence[Stored], published: Sequence[Published]) -> Iterator[str]:
    taken = list(accepted(published))
    if len({each.event.event_id for each in taken}) != len(taken):
        yield "the consumer's rule took an event twice"
    if len(taken) != len(stored):
        yield f"the consumer's rule took {len(taken)} of {len(stored)} events"
    versions: dict[str, int] = defaultdict(int)
    for each in taken:
        if each.event.version != versions[each.event.stream] + 1:
            yield f"{each.event.stream} jumps from version {versions[each.event.stream]} to {each.event.version}"
        versions[each.event.stream] = each.event.version
