"""Publishes batches of messages in order, several under way at a time, and knows how far they are acknowledged.

Rules:
- per partition the order of `publish` is the order in the topic, whatever is retried: the producer is idempotent
- no message expires: a timeout would leave a hole, into which later messages would be written
- one message that failed for good ends the publisher. It must be abandoned, and what was not acknowledged published
  again by a new one: after a failure nobody knows which of the later messages were written
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from eventing.cloudevents import Headers
from eventing.errors import Unavailable
from eventing.kafka.deliveries import Deliveries
from eventing.kafka.topics import LARGEST_MESSAGE

CHUNK: Final = 64
"""Messages between two looks at whether sending is still allowed."""
SERVE_EVERY: Final = 8 * CHUNK
"""Messages between two looks at reports."""

REPORT_SECONDS: Final = 0.2
"""How long to wait for the reports of messages that failed for good."""

_QUIET: Final = logging.getLogger("eventing.kafka.client")
"""What matters of what the client would say on stderr is raised, counted and told in words."""
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False

_ENDED: Final = (KafkaException, SystemError)
"""How the client raises a fatal error, from any call that serves reports: as itself, or as the cause of a SystemError
where it then went on to call for a report with that error still pending."""

DeliveryCallback = Callable[[Any, Any], None]

_PROPERTIES: Final[dict[str, Any]] = {
    "enable.idempotence": True,
    "acks": "all",
    "message.timeout.ms": 0,
    "enable.gapless.guarantee": True,
    "queue.buffering.max.messages": 1_000_000,
    "queue.buffering.max.kbytes": 262_144,
    # A broker that swallows requests is noticed after this; the idempotent producer may safely ask again.
    "socket.timeout.ms": 10_000,
    "socket.keepalive.enable": True,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "retry.backoff.ms": 50,
    "topic.metadata.refresh.interval.ms": 30_000,
}


class PublishFailed(Unavailable):
    """Kafka refused a message."""


class TooLarge(PublishFailed):
    """A message is larger than its topic takes."""

    code = "message_too_large"


class Publisher:
    def __init__(
        self, connection: dict[str, str], *, linger_ms: float, after: int, may_send: Callable[[], bool]
    ) -> None:
        self.trouble: str | None = None
        """What the client says of its brokers, while nothing is acknowledged."""
        self._deliveries = Deliveries(after)
        self._may_send = may_send
        # Reentrant: asking whether it may still send can be what ends the tenure, and with it this publisher.
        self._sending = threading.RLock()
        self._ended = False
        self._fatal: KafkaError | None = None
        self._producer = Producer(
            {**connection, **_PROPERTIES, "linger.ms": linger_ms, "error_cb": self._notice}, logger=_QUIET
        )

    @property
    def acknowledged(self) -> int:
        """Everything up to this position is in Kafka."""
        return self._deliveries.acknowledged

    @property
    def under_way(self) -> int:
        """Batches that are not acknowledged yet."""
        return len(self._deliveries)

    def publish(self, messages: Iterable[tuple[str, bytes, str, int, Headers]], count: int, last: int) -> None:
        """`last` is acknowledged when all `count` messages are. Each is topic, value, key, partition, headers."""
        report = self._deliveries.begin(last, count).report
        coming = iter(messages)
        for number in range(0, count, CHUNK):
            # Under the lock: a message that is sent after a purge would leave a hole where the purged ones were.
            with self._sending:
                if self._ended or not self._may_send():
                    raise PublishFailed("Publishing was given up: another relay may have begun.")
                self._produce(islice(coming, CHUNK), report)
            if not number % SERVE_EVERY:
                self._poll(0)

    def _produce(self, messages: Iterable[tuple[str, bytes, str, int, Headers]], report: DeliveryCallback) -> None:
        produce = self._producer.produce
        for topic, value, key, partition, headers in messages:
            try:
                # Both places for the callback: the client takes the second one only if the first is left out.
                produce(topic, value, key, partition, report, report, 0, headers)
            except BufferError as error:
                raise PublishFailed("Kafka's client takes no more messages; publishing begins again.") from error
            except KafkaException as error:
                raise _refused(error.args[0], topic, key) from error

    def serve(self, seconds: float) -> None:
        """Waits for reports, at most so long. Raises `PublishFailed` when the publisher has come to its end."""
        self._poll(seconds)
        before = self._deliveries.acknowledged
        if (failure := self._deliveries.settle()) is not None:
            raise _explained(*failure)
        if self._fatal is not None:
            raise _explained(self._fatal)
        if self._deliveries.acknowledged > before or not self._deliveries:
            self.trouble = None

    def purge(self) -> None:
        """Drops what has not been sent, and sends nothing any more. May be called from any thread."""
        with self._sending:
            self._ended = True
            self._producer.purge(in_queue=True, in_flight=True, blocking=False)

    def abandon(self) -> None:
        """The end of this publisher, with nothing sent any more."""
        self.purge()
        with suppress(*_ENDED):  # it has come to its end anyway
            self._producer.flush(1)

    def _poll(self, seconds: float) -> None:
        try:
            self._producer.poll(seconds)
        except _ENDED as error:  # it can't go on; the reports say why
            with suppress(*_ENDED):
                self._producer.poll(REPORT_SECONDS)
            raise _explained(*(self._deliveries.settle() or (_fatal_of(error), None))) from error

    def _notice(self, error: KafkaError) -> None:
        self.trouble = f"Kafka: {error.str()}"
        if error.fatal():
            self._fatal = error


def _fatal_of(error: BaseException) -> KafkaError:
    told = error if isinstance(error, KafkaException) else error.__cause__
    if not isinstance(told, KafkaException):
        raise error  # no word of Kafka in it: a fault of ours
    fatal: KafkaError = told.args[0]
    return fatal


def _explained(error: KafkaError, message: Any = None) -> PublishFailed:
    if message is None:
        return PublishFailed(f"Kafka: {error.str()}; publishing begins again after the checkpoint.")
    return _refused(error, message.topic(), (message.key() or b"").decode())


def _refused(error: KafkaError, topic: str, key: str) -> PublishFailed:
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return TooLarge(
            f"The topic {topic} takes no message as large as the next one of {key}: "
            f"set its max.message.bytes to at least {LARGEST_MESSAGE}."
        )
    return PublishFailed(
        f"Kafka refused a message of {key} ({error.str()}); publishing begins again after the checkpoint."
    )
