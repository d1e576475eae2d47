"""Events put into the log as they are: of a day that is over, in a version that nobody writes any more, or broken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import psycopg

from eventing.consistency import ConsistencyToken
from eventing.partitioning import partition_of
from tests.support.relays.checker import PARTITIONS
from tests.support.relays.installation import Installation
from tests.support.write_api import CODEC

TOPICS = {"product": "catalogue.events.v1", "stock": "stock.events.v1"}
ORDERS = "order.events.v1"
_HEADS = "SELECT coalesce(max(position), 0), coalesce(max(version) FILTER (WHERE stream = %s), 0) FROM events"
_PUT = """
    INSERT INTO events (position, recorded_at, event_id, correlation_id, version, schema_version, stream, type, actor,
                        body)
    VALUES (%s, coalesce(%s, clock_timestamp()), %s, %s, %s, %s, %s, %s, 'test', %s)
"""


def put(installation: Installation, stream: str, event: object, at: datetime | None = None) -> str:
    """The token of it, as a command would have answered it."""
    return put_bytes(installation, stream, *CODEC.encode(event), at)


def put_bytes(
    installation: Installation, stream: str, name: str, schema: int, body: bytes, at: datetime | None = None
) -> str:
    """An event's id is its position, and so is its correlation's."""
    with psycopg.connect(installation.postgres_url) as connection:
        connection.execute("SELECT lock_log()")
        row = connection.execute(_HEADS, [stream]).fetchone()
        assert row is not None
        position, version = row[0] + 1, row[1] + 1
        names = UUID(int=position), UUID(int=position)
        connection.execute(_PUT, [position, at, *names, version, schema, stream, name, body])
    category, _, key = stream.partition("-")
    return ConsistencyToken(TOPICS.get(category, ORDERS), partition_of(key, PARTITIONS), position).encode()
