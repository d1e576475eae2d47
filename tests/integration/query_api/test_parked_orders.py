"""An order that the model had to leave behind is not shown as if the model had kept up."""

from __future__ import annotations

import asyncio

from tests.support.queries.platform import TOPIC, QueryPlatform, QueryProcess, Writer

PARK = """
INSERT INTO parked_events (consumer, topic, partition, kafka_offset, key, value, header_names, header_values,
                           cause_code, cause, attempts)
VALUES (%s, %s, 0, 1000000, %s, '', '{}', '{}', 'unreadable', 'made up', 1)
"""


async def test_a_parked_order_is_answered_from_its_events(
    platform: QueryPlatform, api: QueryProcess, writer: Writer
) -> None:
    order_id, token = await writer.place("yuri")
    reader = api.as_("yuri")
    path = f"/v1/orders/{order_id}"
    assert (await reader.get(path, seen=token)).headers["read-source"] == "read-model"

    platform.installation.query(PARK, "projection-order_summary-g1-1", TOPIC, order_id)
    try:
        async with asyncio.timeout(60):
            while True:
                answer = await reader.get(path)
                assert answer.status_code == 200
                if answer.headers["read-source"] == "event-store":
                    break
                await asyncio.sleep(0.05)
    finally:
        platform.installation.query("DELETE FROM parked_events WHERE key = %s", order_id)
