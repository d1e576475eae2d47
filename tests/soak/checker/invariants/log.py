"""The log and what was published of it: I2, I4 to I8, I18."""

from __future__ import annotations

from collections import defaultdict

from tests.soak.checker.evidence import Evidence, Published
from tests.soak.checker.finding import Finding
from tests.soak.checker.murmur import partition_of

FRAME = 5


def gapless(evidence: Evidence) -> Finding:
    finding = Finding("I2", "positions of the log and versions of each stream are 1..n")
    versions: dict[str, int] = defaultdict(int)
    for expected, event in enumerate(evidence.events, 1):
        finding.check(event.position == expected, f"position {event.position} stands where {expected} should")
        versions[event.stream] += 1
        right = event.version == versions[event.stream]
        finding.check(right, f"{event.stream} has version {event.version} after {versions[event.stream] - 1}")
    return finding


def complete(evidence: Evidence) -> Finding:
    finding = Finding("I4+I7", "the topics hold every event of the store and no other")
    stored = {event.id for event in evidence.events}
    published = {message.id for message in evidence.published}
    finding.check_all(len(stored), (f"event {lost} was never published" for lost in sorted(stored - published)))
    finding.check_all(len(published), (f"event {odd} is in no store" for odd in sorted(published - stored)))
    return finding


def first_occurrences(evidence: Evidence) -> list[Published]:
    seen: set[str] = set()
    fresh = []
    for message in evidence.published:
        if message.id not in seen:
            seen.add(message.id)
            fresh.append(message)
    return fresh


def in_order(evidence: Evidence) -> Finding:
    finding = Finding("I5", "first occurrences come in the order of positions a partition, and of versions a stream")
    versions: dict[str, int] = defaultdict(int)
    furthest: dict[tuple[str, int], int] = defaultdict(int)
    for message in first_occurrences(evidence):
        place = message.topic, message.partition
        finding.check(
            message.position > furthest[place],
            f"{message.stream}@{message.version} (position {message.position}) came after {furthest[place]}",
        )
        furthest[place] = max(furthest[place], message.position)
        expected = versions[message.stream] + 1
        finding.check(message.version == expected, f"{message.stream}@{message.version} came where {expected} should")
        versions[message.stream] = message.version
    return finding


def same_bytes(evidence: Evidence) -> Finding:
    finding = Finding("I6", "what is published is what is stored, byte for byte")
    stored = {event.id: event.body for event in evidence.events}
    for message in evidence.published:
        finding.check(
            message.value[:1] == b"\0" and message.value[FRAME:] == stored.get(message.id),
            f"{message.topic}/{message.partition}@{message.offset} differs from event {message.id}",
        )
    return finding


def one_partition(evidence: Evidence) -> Finding:
    finding = Finding("I8", "a key is on the partition that Kafka's own clients compute, for ever")
    for topic, key, partition in {(found.topic, found.key, found.partition) for found in evidence.published}:
        right = partition == partition_of(key, evidence.partitions)
        finding.check(right, f"{key} is on partition {partition} of {topic}")
    return finding


def epochs(evidence: Evidence) -> Finding:
    finding = Finding("I18", "epochs of the leaders never fall along first occurrences of a partition")
    newest: dict[tuple[str, int], int] = defaultdict(int)
    for message in first_occurrences(evidence):
        place = message.topic, message.partition
        finding.check(
            message.epoch >= newest[place],
            f"{message.stream}@{message.version} was published under epoch {message.epoch} after {newest[place]}",
        )
        newest[place] = max(newest[place], message.epoch)
    return finding


INVARIANTS = (gapless, complete, in_order, same_bytes, one_partition, epochs)
