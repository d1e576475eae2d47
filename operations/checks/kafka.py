"""Kafka 3.3 or newer in KRaft mode."""

from __future__ import annotations

import re
from typing import Any, Final

from eventing.errors import Misconfigured
from eventing.settings import Settings
from operations.checks.finding import PATIENCE, Check, Server, not_given

OLDEST: Final = (3, 3)
UNKNOWN: Final = "(version not told)"
# A broker of the 3 series has this entry, and its default is its own version; Kafka 4 has done away with it.
OLD_VERSION_ENTRY: Final = "inter.broker.protocol.version"


def look(settings: Settings) -> str:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    if settings.kafka.bootstrap_servers is None:
        raise not_given("Kafka", "ORDERS_KAFKA__BOOTSTRAP_SERVERS")
    server = Server("Kafka", "ORDERS_KAFKA__BOOTSTRAP_SERVERS", settings.kafka.bootstrap_servers)
    complaints: list[Any] = []
    options: dict[str, Any] = {
        **settings.kafka.connection(),
        "socket.connection.setup.timeout.ms": int(PATIENCE * 1000),
        "socket.timeout.ms": int(PATIENCE * 1000),
        "error_cb": complaints.append,
        "log_level": 0,
    }
    admin = AdminClient(options)
    try:
        brokers = admin.list_topics(timeout=PATIENCE).brokers
    except KafkaException as error:
        admin.poll(0)
        raise _explain(server, [*complaints, error.args[0]]) from None
    return server.found(_version(server, _broker_config(admin, min(brokers))))


def _broker_config(admin: Any, broker: int) -> dict[str, str] | None:
    """None when it may not be read, as with many hosted clusters."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin._config import ConfigResource

    asked = admin.describe_configs([ConfigResource("broker", str(broker))], request_timeout=PATIENCE)
    try:
        return {name: entry.value for future in asked.values() for name, entry in future.result(PATIENCE).items()}
    except (KafkaException, TimeoutError):
        return None


def _version(server: Server, config: dict[str, str] | None) -> str:
    if config is None:
        return UNKNOWN
    if not config.get("process.roles"):
        raise server.too_old("one with ZooKeeper", "one in KRaft mode")
    spoken = config.get(OLD_VERSION_ENTRY)
    if spoken is None:
        return "4 or newer (KRaft)"
    found = tuple(int(part) for part in re.findall(r"\d+", spoken)[:2])
    if found < OLDEST:
        raise server.too_old(spoken, "3.3 or newer")
    return f"{found[0]}.{found[1]} (KRaft)"


def _explain(server: Server, complaints: list[Any]) -> Misconfigured:
    """The first complaint of the client that says more than that no broker was to be had."""
    from confluent_kafka import KafkaError

    names = {complaint.name(): complaint for complaint in reversed(complaints)}
    if refused := names.get("_AUTHENTICATION"):
        return Misconfigured(
            f"Kafka at {server.address} refuses the credentials ({_plain(refused)}): "
            "correct ORDERS_KAFKA__USERNAME and ORDERS_KAFKA__PASSWORD."
        )
    if insecure := names.get("_SSL"):
        return Misconfigured(
            f"Kafka at {server.address} does not speak TLS with us ({_plain(insecure)}): "
            "correct ORDERS_KAFKA__SECURITY_PROTOCOL or ORDERS_KAFKA__CA_FILE."
        )
    told = [complaint for complaint in complaints if complaint.code() != KafkaError._ALL_BROKERS_DOWN]  # noqa: SLF001
    return server.unreachable(_plain(told[0]))


def _plain(complaint: Any) -> str:
    """librdkafka begins with the names of its own threads and ends with its counters."""
    words = re.sub(r"^[\w-]+://[^ ]*: |\(after \d+ms in state \w+\)|\[thrd:[^]]*\]: ", "", complaint.str())
    return re.sub(r"^\S+/(bootstrap|\d+): ", "", words).strip().rstrip(":")


CHECK = Check("kafka", look, ("confluent_kafka.admin",))
