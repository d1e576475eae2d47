"""A topic that could lose events or their order is found before anything is written to it."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from eventing.errors import Misconfigured, Unavailable
from eventing.kafka.topics import LARGEST_MESSAGE, Topics
from eventing.settings import KafkaSettings
from tests.backing import Backing
from tests.integration.relay.conftest import StartRelay
from tests.support.relays.installation import Installation

KEEPS_ALL = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "unclean.leader.election.enable": "false",
}
UNSAFE = {
    "cleanup.policy": "compact",
    "retention.ms": "604800000",
    "retention.bytes": "1000000",
    "unclean.leader.election.enable": "true",
    "max.message.bytes": str(LARGEST_MESSAGE - 1),
}


def make(backing: Backing, name: str, config: dict[str, str], partitions: int = 2) -> None:
    admin = AdminClient({"bootstrap.servers": backing.kafka_bootstrap})
    admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(60)


def topics(backing: Backing, *, replicas: int = 1, in_sync: int = 1) -> Topics:
    settings = KafkaSettings(
        bootstrap_servers=backing.kafka_bootstrap,
        partitions=2,
        replication_factor=replicas,
        min_insync_replicas=in_sync,
    )
    return Topics(settings)


def test_what_the_platform_makes_is_safe_and_is_made_once(backing: Backing, names: str) -> None:
    assert topics(backing).create([names]) == [names]
    assert topics(backing).create([names]) == []

    topics(backing).demand([names])


@pytest.mark.parametrize("setting", UNSAFE)
def test_a_topic_that_could_lose_events_is_refused(backing: Backing, names: str, setting: str) -> None:
    make(backing, names, KEEPS_ALL | {setting: UNSAFE[setting]})

    with pytest.raises(Misconfigured, match=f"The topic {names} could lose events: set its {setting} to"):
        topics(backing).demand([names])


def test_a_topic_that_may_take_fewer_acknowledgements_than_asked_for_is_refused(backing: Backing, names: str) -> None:
    make(backing, names, KEEPS_ALL)

    with pytest.raises(Misconfigured, match=r"set its min\.insync\.replicas to 2"):
        topics(backing, replicas=2, in_sync=2).demand([names])


def test_a_topic_that_fewer_brokers_keep_than_asked_for_is_refused(backing: Backing, names: str) -> None:
    make(backing, names, KEEPS_ALL)

    with pytest.raises(Misconfigured, match="1 of the 3 brokers keep it that ORDERS_KAFKA__REPLICATION_FACTOR asks"):
        topics(backing, replicas=3).demand([names])


def test_a_topic_with_another_number_of_partitions_is_refused_and_a_missing_one_is_waited_for(
    backing: Backing, names: str
) -> None:
    with pytest.raises(Unavailable, match="orders topics create"):
        topics(backing).demand([names])

    make(backing, names, KEEPS_ALL, partitions=3)

    with pytest.raises(Misconfigured, match="has 3 partitions, not 2"):
        topics(backing).demand([names])


def test_a_relay_ends_before_it_writes_to_a_topic_that_could_lose_events(
    installation: Installation, start_relay: StartRelay
) -> None:
    relay = start_relay(installation, KAFKA__REPLICATION_FACTOR="3")

    assert relay.wait() == 2
    assert "could lose events" in relay.said
    assert "Traceback" not in relay.said
