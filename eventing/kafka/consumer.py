"""Reads topics as a member of a group, from where somebody else says: offsets are kept beside the effects.

Rules:
- where a partition begins is asked of its owner on every assignment, and what is not there begins at offset 0; Kafka's
  own idea of where the group was is never used, so that it can neither skip nor repeat anything
- offsets have to be there: a topic that was cut off is an error that ends the process, never a silent jump
- messages of one partition come without a gap and in order; what was fetched before a rebalance or a seek is dropped
- a client that gets no partition while it can't reach a broker is given up after a while: one was seen that never tried
  again, long after the brokers were back
- `take` waits for one message and then takes what has come besides: waiting for a full batch would cost its patience
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from confluent_kafka import Consumer as Client
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from eventing.consuming import BEGINNING, Mark, Message, Partition
from eventing.errors import Misconfigured, OrderloomError, Unavailable

Assigned = Callable[[Sequence[Partition]], Mapping[Partition, Mark]]
Revoked = Callable[[Sequence[Partition]], None]

_QUIET: Final = logging.getLogger("eventing.kafka.client")
"""What matters of what the client would say on stderr is raised or told as trouble."""
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False

_PROPERTIES: Final[dict[str, Any]] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "allow.auto.create.topics": False,
    "partition.assignment.strategy": "cooperative-sticky",
    "fetch.wait.max.ms": 100,
    "fetch.min.bytes": 1,
    "fetch.queue.backoff.ms": 10,
    "fetch.error.backoff.ms": 50,
    "queued.max.messages.kbytes": 65_536,
    "socket.keepalive.enable": True,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "topic.metadata.refresh.interval.ms": 30_000,
}
# By name, since the client's own codes are private members.
_CUT_OFF: Final = frozenset({"_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE"})
_NOT_THERE: Final = frozenset({"UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION"})
_FORBIDDEN: Final = frozenset({"TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "_AUTHENTICATION"})
_LEFT_THE_GROUP: Final = "_MAX_POLL_EXCEEDED"
STUCK_SECONDS: Final = 30.0


class Consumer:
    """Belongs to one thread. Once `take` has raised, it has come to its end: close it, and open another one."""

    def __init__(
        self,
        connection: Mapping[str, str],
        group: str,
        topics: Sequence[str],
        *,
        assigned: Assigned,
        revoked: Revoked,
        session_timeout: float = 10.0,
        group_instance: str | None = None,
    ) -> None:
        self.trouble: str | None = None
        """What the client says of its brokers, while nothing comes."""
        self._troubled_at = 0.0
        self._assigned = assigned
        self._revoked = revoked
        self._next: dict[Partition, int] = {}
        self._asked_again: dict[Partition, int] = {}
        self._failure: OrderloomError | None = None
        milliseconds = round(session_timeout * 1000)
        self._client = Client(
            {
                **connection,
                **_PROPERTIES,
                "group.id": group,
                "session.timeout.ms": milliseconds,
                "heartbeat.interval.ms": max(100, milliseconds // 5),
                "max.poll.interval.ms": max(60_000, 3 * milliseconds),
                **({"group.instance.id": group_instance} if group_instance else {}),
                "error_cb": self._notice,
            },
            logger=_QUIET,
        )
        self._client.subscribe(
            list(topics), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def take(self, seconds: float, most: int) -> Sequence[Message]:
        """Raises `Unavailable` where a new consumer may do better, `Misconfigured` where nobody does."""
        try:
            first = self._client.poll(seconds)
            found = [] if first is None else [first, *self._client.consume(most - 1, 0)]
        except KafkaException as error:
            raise self._failure or _explained(error.args[0], None) from error
        if self._failure is not None:
            raise self._failure
        if self.trouble and not self._next and time.monotonic() - self._troubled_at > STUCK_SECONDS:
            raise Unavailable(f"{self.trouble}; another connection is tried.")
        messages = [message for raw in found if (message := self._received(raw)) is not None]
        if messages:
            self.trouble = None
        return messages

    def seek(self, partition: Partition, offset: int) -> None:
        if partition in self._next:
            self._next[partition] = offset
            try:
                self._client.seek(TopicPartition(*partition, offset))
            except KafkaException as error:
                raise _explained(error.args[0], partition) from error

    def pause(self, partitions: Iterable[Partition]) -> None:
        """Until `resume`, or until a rebalance hands them out anew."""
        self._client.pause(self._held(partitions))

    def resume(self, partitions: Iterable[Partition]) -> None:
        self._client.resume(self._held(partitions))

    def heads(self, partitions: Iterable[Partition]) -> Mapping[Partition, int]:
        """The offset that the next message written to each partition will have, as its last fetch told: to ask the
        broker would keep the messages waiting. Left out is what has not been fetched yet."""
        found: dict[Partition, int] = {}
        for partition in partitions:
            with suppress(KafkaException):
                found[partition] = self._client.get_watermark_offsets(TopicPartition(*partition), cached=True)[1]
        return {partition: head for partition, head in found.items() if head >= 0}

    def told(self, marks: Mapping[Partition, Mark]) -> None:
        """Lets Kafka's own tools see the lag. Nothing depends on it, so no failure matters."""
        offsets = [TopicPartition(*partition, mark.offset) for partition, mark in marks.items()]
        if offsets:
            with suppress(KafkaException):
                self._client.commit(offsets=offsets, asynchronous=True)

    def close(self) -> None:
        with suppress(KafkaException, RuntimeError):
            self._client.close()

    def _received(self, raw: Any) -> Message | None:
        partition = Partition(raw.topic(), raw.partition())
        if (error := raw.error()) is not None:
            if error.name() == _LEFT_THE_GROUP:
                return None  # the group has given its partitions to others; it joins again by itself
            raise _explained(error, partition)
        offset, expected = raw.offset(), self._next.get(partition)
        if expected is None or offset < expected:
            return None  # fetched before a rebalance or a seek
        if offset > expected and self._asked_again.get(partition) != expected:
            # Either it was fetched before a seek, or somebody's transaction left a hole: asking once more tells.
            self._asked_again[partition] = expected
            self.seek(partition, expected)
            return None
        self._next[partition] = offset + 1
        return Message(
            partition, offset, (raw.key() or b"").decode("utf-8", "replace"), raw.value() or b"", raw.headers() or []
        )

    def _on_assign(self, client: Client, places: list[TopicPartition]) -> None:
        partitions = [Partition(place.topic, place.partition) for place in places]
        try:
            marks = self._assigned(partitions)
        except OrderloomError as error:
            self._failure, marks = error, {}
        begin = {partition: marks.get(partition, BEGINNING).offset for partition in partitions}
        client.incremental_assign([TopicPartition(*partition, offset) for partition, offset in begin.items()])
        # One that was paused, went to another member and has come back would sleep on: the client remembers.
        client.resume([TopicPartition(*partition) for partition in begin])
        self._next.update(begin)
        self.trouble = None

    def _on_revoke(self, client: Client, places: list[TopicPartition]) -> None:
        partitions = [Partition(place.topic, place.partition) for place in places]
        for partition in partitions:
            self._next.pop(partition, None)
            self._asked_again.pop(partition, None)
        try:
            self._revoked(partitions)
        except OrderloomError as error:
            self._failure = error
        client.incremental_unassign(places)

    def _held(self, partitions: Iterable[Partition]) -> list[TopicPartition]:
        return [TopicPartition(*partition) for partition in partitions if partition in self._next]

    def _notice(self, error: KafkaError) -> None:
        if self.trouble is None:
            self._troubled_at = time.monotonic()
        self.trouble = f"Kafka: {error.str()}"
        if error.fatal():
            self._failure = _explained(error, None)


def _explained(error: KafkaError, partition: Partition | None) -> OrderloomError:
    where = f"The topic {partition.topic}" if partition else "A topic"
    if error.name() in _CUT_OFF:
        return Misconfigured(
            f"{where} no longer holds what comes next here ({error.str()}): set its retention.ms to -1, "
            "make a new topic and publish the log to it again."
        )
    if error.name() in _NOT_THERE:
        return Unavailable(f"{where} is not there: run `orders topics create`.")
    if error.name() in _FORBIDDEN:
        return Misconfigured(f"Kafka does not let this user read ({error.str()}): grant it, or log in as another one.")
    return Unavailable(f"Kafka: {error.str()}; reading begins again at the last mark.")
