"""Kafka, one node that is broker and controller at once (KRaft)."""

from __future__ import annotations

import base64
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from eventing.errors import Misconfigured
from local_stack import artifacts, processes
from local_stack.server import NotReady, Server
from local_stack.site import Site
from local_stack.state import HOST

READY_TOPIC = "orderloom.ready"
SECONDS = 3

LOGGING = """\
appenders = console
appender.console.type = Console
appender.console.name = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c: %m%n
rootLogger.level = WARN
rootLogger.appenderRefs = console
rootLogger.appenderRef.console.ref = CONSOLE
logger.server.name = kafka.server
logger.server.level = INFO
"""


class Kafka(Server):
    name = "kafka"
    title = "Kafka"
    port_names = ("kafka", "kafka_controller")

    def prepare(self, site: Site) -> None:
        site.make_scratch(self.name)
        site.account.write(site.config(self.name) / "server.properties", _properties(site))
        site.account.write(site.config(self.name) / "log4j2.properties", LOGGING)
        if not (site.data(self.name) / "log" / "meta.properties").exists():
            self._format(site)

    def command(self, site: Site) -> list[str]:
        return [*self._java(site), "-Xmx512m", "kafka.Kafka", str(site.config(self.name) / "server.properties")]

    def check(self, site: Site) -> None:
        """A message goes in and comes out; the topic keeps it for a minute."""
        place = self._produce(site)
        place.offset = max(place.offset, 0)
        consumer = Consumer({**_client(site), "group.id": READY_TOPIC, "enable.auto.commit": False})
        try:
            consumer.assign([place])
            message = consumer.poll(SECONDS)
            if message is None or message.error():
                raise NotReady("a message was produced, but not consumed")
        finally:
            consumer.close()

    def version(self, _site: Site, /) -> str:
        return artifacts.version_of("kafka")

    def _produce(self, site: Site) -> TopicPartition:
        _make_ready_topic(site)
        places: list[TopicPartition] = []
        producer = Producer({**_client(site), "message.timeout.ms": SECONDS * 1000, "linger.ms": 0})

        def acknowledged(error: KafkaError | None, message: object) -> None:
            if error is None:
                places.append(TopicPartition(READY_TOPIC, message.partition(), message.offset()))  # type: ignore[attr-defined]

        producer.produce(READY_TOPIC, b"ready?", on_delivery=acknowledged)
        producer.flush(SECONDS)
        if not places:
            raise NotReady("a message was not acknowledged")
        return places[0]

    def _format(self, site: Site) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        config = str(site.config(self.name) / "server.properties")
        # One word: an id may begin with a hyphen, and as a word of its own it would be read as an option.
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", config]
        done = processes.run([*self._java(site), "-Xmx128m", *tool], self.kind(site), site.account)
        if done.returncode:
            raise Misconfigured(f"Kafka could not format {site.data(self.name)}:\n{done.stdout.rstrip()}")

    def _java(self, site: Site) -> list[str]:
        return [
            site.java,
            *site.java_options(self.name),
            f"-Dlog4j2.configurationFile={site.config(self.name) / 'log4j2.properties'}",
            *("-cp", str(site.programs["kafka"] / "*")),
        ]


def _properties(site: Site) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{HOST}:{site.port('kafka_controller')}",
        "listeners": f"PLAINTEXT://{HOST}:{site.port('kafka')},CONTROLLER://{HOST}:{site.port('kafka_controller')}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{site.port('kafka')}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": site.data("kafka") / "log",
        "auto.create.topics.enable": "false",
        "num.partitions": 1,
        "offsets.topic.num.partitions": 8,
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.num.partitions": 8,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,  # there is one consumer or a few, and nobody to wait for
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _make_ready_topic(site: Site) -> None:
    topic = NewTopic(READY_TOPIC, 1, 1, config={"retention.ms": "60000"})
    admin = AdminClient(_client(site))  # the name keeps it alive until its answer is there
    try:
        admin.create_topics([topic], request_timeout=SECONDS)[READY_TOPIC].result(SECONDS + 1)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise NotReady(error.args[0].str()) from None


def _client(site: Site) -> dict[str, str | int | float | bool]:
    return {
        "bootstrap.servers": f"{HOST}:{site.port('kafka')}",
        "socket.timeout.ms": SECONDS * 1000,
        "log_level": 0,  # that it is not there yet is no news
    }
