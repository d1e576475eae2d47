"""A client of Kafka that reaches nobody is not waited for for ever."""

from __future__ import annotations

import pytest

from eventing.errors import Unavailable
from eventing.kafka import consumer
from tests.support.ports import free_ports


def test_who_reaches_nobody_and_has_no_partition_makes_room_for_another_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumer, "STUCK_SECONDS", 0.3)
    (port,) = free_ports(1)
    address = {"bootstrap.servers": f"127.0.0.1:{port}"}
    alone = consumer.Consumer(address, "group", ["topic"], assigned=lambda _: {}, revoked=lambda _: None)
    try:
        with pytest.raises(Unavailable, match="another connection is tried"):
            take_for_ever(alone)
    finally:
        alone.close()


def take_for_ever(alone: consumer.Consumer) -> None:
    while True:
        alone.take(0.05, 10)
