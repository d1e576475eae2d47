"""Topics as code: made with the settings of the platform, and found to be so before anything is written to them.

Event topics keep everything for ever: a consumer that is built next year reads from the beginning.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._metadata import TopicMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from eventing.errors import Misconfigured, Unavailable
from eventing.settings import KafkaSettings

TIMEOUT: Final = 10.0
HEARSAY: Final = 0.05
"""Seconds between looks at what a broker has heard of."""
LARGEST_MESSAGE: Final = 262_144 + 8_192
"""The largest body that the store takes, and room for key and headers."""

_HOPELESS: Final = frozenset(
    {
        KafkaError.INVALID_CONFIG,
        KafkaError.INVALID_PARTITIONS,
        KafkaError.INVALID_REPLICATION_FACTOR,
        KafkaError.POLICY_VIOLATION,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
"""Errors that do not go away by themselves."""


class Topics:
    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = AdminClient({**settings.connection(), "log_level": 0})

    def partitions(self) -> Mapping[str, int]:
        """Of every topic there is."""
        return {name: len(topic.partitions) for name, topic in self._known().items()}

    def create(self, names: Sequence[str]) -> Sequence[str]:
        """Makes those that are missing and says which those were."""
        missing = sorted(set(names) - set(self.partitions()))
        made = self._admin.create_topics([self._new(name) for name in missing]) if missing else {}
        for name, future in made.items():
            try:
                future.result(TIMEOUT)
            except KafkaException as error:
                if error.args[0].code() in _HOPELESS:
                    raise Misconfigured(f"Kafka can't make the topic {name}: {error.args[0].str()}.") from error
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise _unreachable(error) from error
        self._await(missing)
        return missing

    def _await(self, names: Sequence[str]) -> None:
        """A topic is made before each broker has heard of it: until then it would be taken for missing."""
        end = time.monotonic() + TIMEOUT
        while not set(names) <= self.partitions().keys() and time.monotonic() < end:
            time.sleep(HEARSAY)

    def demand(self, names: Sequence[str]) -> None:
        """Raises `Misconfigured` where a topic could lose events or break their order."""
        self.demand_partitions(dict.fromkeys(names, self._settings.partitions))
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        for resource, future in self._admin.describe_configs(resources).items():
            try:
                entries = future.result(TIMEOUT)
            except KafkaException as error:
                raise _unreachable(error) from error
            self._demand_config(resource.name, {name: entry.value for name, entry in entries.items()})
        self._demand_replicas(names)

    def demand_partitions(self, expected: Mapping[str, int]) -> None:
        actual = self.partitions()
        for name, count in expected.items():
            if name not in actual:
                raise Unavailable(f"The topic {name} is not there: run `orders topics create`.")
            if actual[name] != count:
                raise Misconfigured(
                    f"The topic {name} has {actual[name]} partitions, not {count}: orders would change their partition "
                    f"and lose their order. Make a new topic with {count} partitions and publish the log to it again."
                )

    def _demand_replicas(self, names: Sequence[str]) -> None:
        wanted, known = self._settings.replication_factor, self._known()
        for name in names:
            fewest = min(len(each.replicas) for each in known[name].partitions.values())
            if fewest < wanted:
                raise Misconfigured(
                    f"The topic {name} could lose events: {fewest} of the {wanted} brokers keep it that "
                    "ORDERS_KAFKA__REPLICATION_FACTOR asks for. Reassign its partitions to more brokers."
                )

    def _known(self) -> Mapping[str, TopicMetadata]:
        try:
            found = self._admin.list_topics(timeout=TIMEOUT).topics
        except KafkaException as error:
            raise _unreachable(error) from error
        return {name: topic for name, topic in found.items() if topic.error is None}

    def _new(self, name: str) -> NewTopic:
        return NewTopic(
            name,
            self._settings.partitions,
            self._settings.replication_factor,
            config={
                "cleanup.policy": "delete",
                "retention.ms": "-1",
                "retention.bytes": "-1",
                "min.insync.replicas": str(self._settings.min_insync_replicas),
                "unclean.leader.election.enable": "false",
            },
        )

    def _demand_config(self, name: str, config: Mapping[str, str]) -> None:
        if int(config["min.insync.replicas"]) < self._settings.min_insync_replicas:
            raise _unsafe(name, "min.insync.replicas", str(self._settings.min_insync_replicas))
        if config["unclean.leader.election.enable"] != "false":
            raise _unsafe(name, "unclean.leader.election.enable", "false")
        if config["cleanup.policy"] != "delete":
            raise _unsafe(name, "cleanup.policy", "delete")
        if config["retention.ms"] != "-1":
            raise _unsafe(name, "retention.ms", "-1")
        if config["retention.bytes"] != "-1":
            raise _unsafe(name, "retention.bytes", "-1")
        if int(config["max.message.bytes"]) < LARGEST_MESSAGE:
            raise _unsafe(name, "max.message.bytes", f"at least {LARGEST_MESSAGE}")


def _unsafe(name: str, setting: str, wanted: str) -> Misconfigured:
    return Misconfigured(f"The topic {name} could lose events: set its {setting} to {wanted}.")


def _unreachable(error: KafkaException) -> Unavailable:
    return Unavailable(f"Kafka can't be reached: {error.args[0].str()}")
