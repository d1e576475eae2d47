"""Our relay as it runs in production, publishing one database's log to one topic of its own making."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from benchmarks.freezable import Freezable
from benchmarks.kafka import made_by_others
from benchmarks.worker import python_module

# It is frozen for longer than a lease should ever last, and nobody is there to take over.
LONG_LEASE_SECONDS = "300"
DESTINATION = """
INSERT INTO published_schemas (type, schema_version, topic, subject, schema_id)
VALUES ('order.placed', %s, %s, 'bench', 1)
"""


@asynccontextmanager
async def our_relay(database_url: str, bootstrap: str, topic: str, schema_version: int) -> AsyncIterator[Freezable]:
    with psycopg.connect(database_url) as connection:
        connection.execute(DESTINATION, [schema_version, topic])
    env = {
        "ORDERS_POSTGRES__URL": database_url,
        "ORDERS_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "ORDERS_RELAY__LEASE_TTL": LONG_LEASE_SECONDS,
        "ORDERS_RELAY__HEALTH_PORT": "0",
    }
    async with made_by_others(bootstrap, topic) as there:
        process = await asyncio.create_subprocess_exec(
            *python_module("outbox_relay"), env={**os.environ, **env}, stdout=asyncio.subprocess.DEVNULL
        )
        relay = Freezable(process)
        try:
            await there()
            yield relay
        finally:
            await relay.kill()
