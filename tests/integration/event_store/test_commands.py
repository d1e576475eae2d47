"""The command line over a store: what is there, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

import event_schemas
from event_schemas.stock.received import StockReceived
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import NO_STREAM, AlreadyDone, Append, Appended, StreamWrite
from eventing.postgres.store import PostgresEventStore
from operations.cli import run
from tests.support.notes import NoteCodec, asked, noting

Orders = Callable[..., tuple[int, Any]]
CONVERSATION = UUID("00000000-0000-4000-8000-00000000000a")


@pytest.fixture
async def url(fresh_store_url: str) -> str:
    """Three receipts of mugs."""
    async with PostgresEventStore.open(fresh_store_url, Codec(Catalogue.discover(event_schemas))) as store:
        receipts = [StockReceived(sku="MUG-1", quantity=n, reference=f"delivery {n}") for n in (1, 2, 3)]
        events = [NewEvent(uuid4(), receipt) for receipt in receipts]
        write = StreamWrite("stock-MUG-1", NO_STREAM, events)
        await store.append(Append([write], Circumstances(CONVERSATION, "warehouse:ann")))
    return fresh_store_url


@pytest.fixture
def orders(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Orders:
    """Runs a command with --json; gives its status and what it said."""
    monkeypatch.setenv("ORDERS_POSTGRES__URL", url)

    def call(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        status = run([*words, "--json"])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out else said.err

    return call


# The commands run loops of their own, so these tests are no coroutines.


def test_a_stream_is_shown_decoded(orders: Orders) -> None:
    status, events = orders("events", "stream", "stock-MUG-1")

    assert status == 0
    assert [(event["version"], event["event"]["quantity"]) for event in events] == [(1, 1), (2, 2), (3, 3)]
    assert events[0]["actor"] == "warehouse:ann"


def test_a_stream_is_shown_as_it_was(orders: Orders) -> None:
    assert len(orders("events", "stream", "stock-MUG-1", "--to-version", "2")[1]) == 2
    assert len(orders("events", "stream", "stock-MUG-1", "--to-time", "2020-01-01T00:00:00Z")[1]) == 0
    assert orders("events", "stream", "stock-MUG-1", "--backwards", "--limit", "1")[1][0]["version"] == 3


def test_an_event_is_shown_by_its_id(orders: Orders) -> None:
    event_id = orders("events", "log", "--after", "1", "--limit", "1")[1][0]["event_id"]

    status, event = orders("events", "read", event_id)

    assert (status, event["position"], event["event"]["reference"]) == (0, 2, "delivery 2")
    assert orders("events", "read", str(uuid4()))[0] == 2


def test_a_conversation_is_shown(orders: Orders) -> None:
    assert len(orders("events", "log", "--correlation", str(CONVERSATION))[1]) == 3
    assert orders("events", "log", "--correlation", str(uuid4()))[1] == []


def test_a_store_that_is_whole_is_verified(orders: Orders) -> None:
    assert orders("store", "verify") == (0, {"events": 3, "snapshots": 0, "ignored_snapshots": 0, "findings": []})


@pytest.mark.parametrize(
    ("damage", "rules"),
    [
        ("DELETE FROM events WHERE version = 2", {"positions", "versions", "streams"}),
        ("UPDATE events SET version = 7 WHERE version = 3", {"versions"}),
        ("UPDATE events SET body = 'garbage' WHERE version = 2", {"bodies"}),
        ("UPDATE events SET type = 'never.heard_of'", {"bodies"}),
        ("UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE position = 3", {"time"}),
    ],
)
def test_each_kind_of_damage_is_named(orders: Orders, url: str, damage: str, rules: set[str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE events DISABLE TRIGGER events_are_history")
        connection.execute(damage)

    status, answer = orders("store", "verify")

    assert status == 1
    assert {finding["rule"] for finding in answer["findings"]} == rules


async def test_an_answer_is_kept_for_a_day_and_forgotten_after(fresh_store_url: str) -> None:
    from eventing.postgres.engine import make_engine
    from eventing.postgres.purging import purge_idempotency_keys

    key = asked("key")
    async with PostgresEventStore.open(fresh_store_url, NoteCodec()) as store:
        await store.append(noting("note-1", NO_STREAM, "first", idempotency=key))
        assert isinstance(await store.append(noting("note-1", 1, "within a day", idempotency=key)), AlreadyDone)

        _a_day_passes(fresh_store_url)
        assert await store.recall(key.scope, key.key) is None
        assert isinstance(await store.append(noting("note-1", 1, "the next day", idempotency=key)), Appended)
        assert isinstance(await store.append(noting("note-1", 2, "again", idempotency=key)), AlreadyDone)

        engine = make_engine(fresh_store_url)
        assert await purge_idempotency_keys(engine) == 0
        _a_day_passes(fresh_store_url)
        assert await purge_idempotency_keys(engine) == 1
        await engine.dispose()


def _a_day_passes(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE idempotency_keys SET expires_at = expires_at - interval '25 hours'")
