"""Names of a whole platform's own on servers that it shares, as environment variables for what is started."""

from __future__ import annotations

from pathlib import Path

from tests.backing import Backing


def own_names(backing: Backing, database: str, names: str, folder: Path) -> dict[str, str]:
    """And free ports, so that a demo of somebody else is left alone."""
    return {
        "PYTHONUNBUFFERED": "1",
        "ORDERS_STACK_DIR": str(folder),
        "ORDERS_POSTGRES__URL": database,
        "ORDERS_KAFKA__BOOTSTRAP_SERVERS": backing.kafka_bootstrap,
        "ORDERS_KAFKA__TOPIC_PREFIX": f"{names}.",
        "ORDERS_ELASTICSEARCH__URL": backing.elasticsearch_url,
        "ORDERS_ELASTICSEARCH__INDEX_PREFIX": f"{names}-",
        "ORDERS_REDIS__URL": backing.redis_url,
        "ORDERS_REDIS__KEY_PREFIX": f"{names}:",
        "ORDERS_REGISTRY__URL": backing.registry_url,
        "ORDERS_REGISTRY__SUBJECT_PREFIX": f"{names}.",
        "ORDERS_COMMAND_API__PORT": "0",
        "ORDERS_QUERY_API__PORT": "0",
        "ORDERS_RELAY__HEALTH_PORT": "0",
    }
