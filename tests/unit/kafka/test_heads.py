"""How long topics are, asked while partitions change their leader."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

import eventing.kafka.heads
from eventing.consuming import Partition
from eventing.errors import Unavailable
from eventing.kafka.heads import Heads

TOPIC = "order.events.v1"


class Admin:
    """Of one partition with seven messages, which answers only after so many refusals."""

    def __init__(self, code: int, refusals: int) -> None:
        self._code = code
        self.refusals = refusals

    def list_topics(self, timeout: float) -> Any:
        return SimpleNamespace(topics={TOPIC: SimpleNamespace(partitions={0: None})})

    def list_offsets(self, wanted: dict[TopicPartition, Any], request_timeout: float) -> dict[TopicPartition, Any]:
        (one,) = wanted
        answer: Future[Any] = Future()
        if self.refusals:
            self.refusals -= 1
            answer.set_exception(KafkaException(KafkaError(self._code)))
        else:
            answer.set_result(SimpleNamespace(offset=7))
        return {one: answer}


def heads(code: int, refusals: int) -> tuple[Heads, Admin]:
    made, admin = Heads({"bootstrap.servers": "127.0.0.1:1"}), Admin(code, refusals)
    vars(made)["_admin"] = admin
    return made, admin


def test_a_partition_whose_leader_has_just_changed_is_asked_for_again() -> None:
    made, _ = heads(KafkaError.NOT_LEADER_FOR_PARTITION, 3)

    assert made.read([TOPIC]) == {Partition(TOPIC, 0): 7}


def test_one_that_finds_no_leader_is_not_asked_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventing.kafka.heads, "TIMEOUT", 0.2)
    made, _ = heads(KafkaError.LEADER_NOT_AVAILABLE, 1_000_000)

    with pytest.raises(Unavailable):
        made.read([TOPIC])


def test_what_asking_again_does_not_help_is_said_at_once() -> None:
    made, admin = heads(KafkaError.TOPIC_AUTHORIZATION_FAILED, 2)

    with pytest.raises(Unavailable):
        made.read([TOPIC])
    assert admin.refusals == 1
