"""An order from before: stored in a version that nobody writes any more, told in the newest, as it was at any time."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import httpx
import pytest

from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.cancellation_requested import OrderCancellationRequested
from event_schemas.values import SkuQuantity
from tests.architecture.planting import ROOT
from tests.support.queries.as_stored import put, put_bytes
from tests.support.queries.platform import ADDRESS, QueryPlatform, QueryProcess, Reader
from tests.support.write_api import code

ORDER = "00000000-0000-4000-8000-000000000001"
PATH = f"/v1/orders/{ORDER}"
AS_PLACED = {
    "order_id": ORDER,
    "customer_id": "ella",
    "customer_name": "Ella",
    "customer_email": "ella@example.org",
    "currency": "EUR",
    "lines": [{"sku": "MUG-1", "name": "Mug", "quantity": 2, "unit_price": 1250}],
    "total": 2500,
    "delivery_address": asdict(ADDRESS),
}
"""The first version of `order.placed` knew of no sales channel."""


def at(hour: int) -> datetime:
    return datetime(2026, 3, 1, hour, tzinfo=UTC)


def in_version_one(schemas: Path, what: Mapping[str, Any]) -> bytes:
    schema = fastavro.parse_schema(json.loads((schemas / "order.placed.v1.avsc").read_text(encoding="utf-8")))
    written = io.BytesIO()
    fastavro.schemaless_writer(written, schema, dict(what))
    return written.getvalue()


@pytest.fixture(scope="module")
def seen(platform: QueryPlatform) -> str:
    """The token of the last event. Positions are 1, 2 and 3."""
    log, body = platform.installation, in_version_one(ROOT / "event_schemas" / "avro", AS_PLACED)
    put_bytes(log, f"order-{ORDER}", "order.placed", 1, body, at(8))
    lines = (SkuQuantity(sku="MUG-1", quantity=2),)
    put(log, f"reservation-{ORDER}", InventoryReserved(order_id=ORDER, lines=lines), at(9))
    return put(log, f"order-{ORDER}", OrderCancellationRequested(order_id=ORDER, reason="Ordered twice."), at(10))


@pytest.fixture
def ella(api: QueryProcess) -> Reader:
    return api.as_("ella")


def told(position: int, stream: str, version: int, kind: str, schema: int, **data: Any) -> dict[str, Any]:
    return {
        "position": position,
        "event_id": str(UUID(int=position)),
        "stream": f"{stream}-{ORDER}",
        "version": version,
        "type": kind,
        "schema_version": schema,
        "upcast_to": None,
        "recorded_at": f"2026-03-01T{position + 7:02}:00:00+00:00",
        "actor": "test",
        "correlation_id": str(UUID(int=position)),
        "causation_id": None,
        "data": {"order_id": ORDER, **data},
    }


PLACED = {**told(1, "order", 1, "order.placed", 1, **AS_PLACED, sales_channel="web"), "upcast_to": 2}
RESERVED = told(2, "reservation", 1, "inventory.reserved", 1, lines=[{"sku": "MUG-1", "quantity": 2}])
ASKED_BACK = told(3, "order", 2, "order.cancellation_requested", 1, reason="Ordered twice.")


def state(status: str, version: int, hour: int, **steps: str) -> dict[str, Any]:
    shown = {name: value for name, value in AS_PLACED.items() if name not in ("customer_name", "customer_email")}
    return {
        **shown,
        "status": status,
        "version": version,
        "sales_channel": "web",
        "steps": steps,
        "shipment": None,
        "reason": None,
        "placed_at": "2026-03-01T08:00:00.000000Z",
        "updated_at": f"2026-03-01T{hour:02}:00:00.000000Z",
        "ended_at": None,
    }


NEW = state("placed", 1, 8)
SET_ASIDE = state("placed", 1, 9, inventory="reserved")
GOING_BACK = state("cancelling", 2, 10, inventory="reserved")


def shown(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.usefixtures("seen")
async def test_the_history_tells_what_was_stored_and_what_it_reads_like_today(ella: Reader) -> None:
    whole = shown(await ella.get(f"{PATH}/history"))
    first = shown(await ella.get(f"{PATH}/history", limit=2))
    second = shown(await ella.get(f"{PATH}/history", limit=2, cursor=first["next_cursor"]))

    assert whole == {"order_id": ORDER, "events": [PLACED, RESERVED, ASKED_BACK], "next_cursor": None}
    assert first["events"] == [PLACED, RESERVED]
    assert second == {"order_id": ORDER, "events": [ASKED_BACK], "next_cursor": None}


async def test_a_read_model_has_folded_it_in_its_newest_version(ella: Reader, seen: str) -> None:
    answer = await ella.get(PATH, seen=seen)

    assert (shown(answer), answer.headers["read-source"]) == (GOING_BACK, "read-model")
    assert answer.headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("name", "value", "was"),
    [
        ("version", 1, NEW),
        ("version", 2, GOING_BACK),
        ("position", 1, NEW),
        ("position", 2, SET_ASIDE),
        ("position", 1000, GOING_BACK),
        ("at", "2026-03-01T08:00:00Z", NEW),
        ("at", "2026-03-01T10:59:59+01:00", SET_ASIDE),
        ("at", "2026-03-01T11:00:00+01:00", GOING_BACK),
    ],
)
@pytest.mark.usefixtures("seen")
async def test_the_order_is_shown_as_it_was(ella: Reader, name: str, value: Any, was: dict[str, Any]) -> None:
    assert shown(await ella.get(f"{PATH}/state", **{name: value})) == was


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"version": 3}, (404, "not_there_yet")),
        ({"at": "2026-03-01T07:59:59Z"}, (404, "not_there_yet")),
        ({"version": 1, "position": 1}, (422, "invalid")),
        ({}, (422, "invalid")),
    ],
    ids=str,
)
@pytest.mark.usefixtures("seen")
async def test_what_never_was_is_not_shown(ella: Reader, asked: dict[str, Any], refused: tuple[int, str]) -> None:
    assert code(await ella.get(f"{PATH}/state", **asked)) == refused
