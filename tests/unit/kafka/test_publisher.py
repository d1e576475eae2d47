"""What a publisher does with its client when its tenure ends under its hands. No broker is asked."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from eventing.cloudevents import Headers
from eventing.kafka.publisher import Publisher, PublishFailed

NOWHERE = {"bootstrap.servers": "127.0.0.1:9"}
MESSAGE: tuple[str, bytes, str, int, Headers] = ("topic", b"value", "key", 0, [])


@pytest.mark.timeout(10)
def test_the_question_whether_it_may_send_may_itself_end_the_publisher() -> None:
    """A leader that wakes up learns from that very question that its time is over."""

    def ask() -> bool:
        publisher.purge()
        return False

    publisher = Publisher(NOWHERE, linger_ms=0, after=0, may_send=ask)

    with pytest.raises(PublishFailed, match="another relay may have begun"):
        publisher.publish([MESSAGE], 1, 1)
    publisher.abandon()


def test_a_fatal_error_that_surfaces_while_reports_are_served_is_told_as_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher = Publisher(NOWHERE, linger_ms=0, after=0, may_send=lambda: True)
    monkeypatch.setattr(publisher, "_producer", DyingClient())

    with pytest.raises(PublishFailed, match="publishing begins again"):
        publisher.serve(0)
    publisher.abandon()


class DyingClient:
    """Behaves as confluent_kafka does when a report is served with a fatal error pending."""

    def poll(self, _seconds: float) -> None:
        raise SystemError("returned a result with an exception set") from KafkaException(
            KafkaError(KafkaError._GAPLESS_GUARANTEE, "unable to satisfy gap-less guarantee")
        )

    flush = poll

    def purge(self, **_how: bool) -> None:
        """Nothing is left to drop."""
