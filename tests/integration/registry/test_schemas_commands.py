"""`orders schemas` against a real registry and a real store."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import psycopg
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

import event_schemas
from eventing.catalogue import Catalogue
from eventing.postgres import migrating
from eventing.postgres.published_schemas import PublishedSchema, published_schemas
from eventing.registry import FULL_TRANSITIVE, Registry
from operations import cli
from operations.migrations import locations
from tests.backing import Backing

CATALOGUE = Catalogue.discover(event_schemas)
VERSIONS = sum(len(kind.schemas) for kind in CATALOGUE)
PLACED = "order.events.v1-orderloom.order.OrderPlaced"
STORED = Path(__file__).parents[2] / "contract" / "stored_events"

Orders = Callable[..., tuple[int, str, str]]


@pytest.fixture
def store(database_url: str) -> Iterator[str]:
    """A database of the platform in which nothing has happened."""
    migrating.upgrade(database_url, locations())
    yield database_url
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP SCHEMA public, inline_write CASCADE; CREATE SCHEMA public")


@pytest.fixture
def registry(backing: Backing) -> Iterator[Registry]:
    with Registry(backing.registry_url) as registry:
        yield registry


@pytest.fixture
def orders(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], backing: Backing, store: str, names: str
) -> Orders:
    """The command line: exit status, what it says, what it complains about."""
    monkeypatch.setenv("ORDERS_POSTGRES__URL", store)
    monkeypatch.setenv("ORDERS_REGISTRY__URL", backing.registry_url)
    monkeypatch.setenv("ORDERS_REGISTRY__SUBJECT_PREFIX", f"{names}.")

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(["schemas", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def insert(url: str, type_name: str, schema_version: int, body: bytes) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            """INSERT INTO events (position, recorded_at, event_id, correlation_id, version, schema_version, stream,
                                   type, actor, body)
               SELECT count(*) + 1, clock_timestamp(), gen_random_uuid(), gen_random_uuid(), count(*) + 1, %s,
                      'order-o-1', %s, 'test', %s FROM events""",
            (schema_version, type_name, body),
        )


def stored_body(name: str) -> bytes:
    return bytes.fromhex(json.loads((STORED / f"{name}.json").read_text("utf-8"))["body"])


def by_fastavro(row: PublishedSchema) -> Any:
    """The same bytes, read without a registry by the frozen schema."""
    frozen = json.loads(CATALOGUE[row.type].schemas[row.schema_version])
    return fastavro.schemaless_reader(io.BytesIO(stored_body(f"{row.type}.v{row.schema_version}")), frozen, None)


def schema(name: str, version: int, **changes: Any) -> str:
    return json.dumps(json.loads(CATALOGUE[name].schemas[version]) | changes)


def test_pushed_schemas_are_registered_at_full_transitive_and_the_relay_is_told(
    orders: Orders, registry: Registry, store: str, names: str
) -> None:
    assert orders("push")[0] == 0

    told = published_schemas(store)
    assert len(told) == VERSIONS
    for row in told:
        assert registry.level(row.subject) == FULL_TRANSITIVE
        assert registry.find(row.subject, CATALOGUE[row.type].schemas[row.schema_version]) == row.schema_id
    (first,) = [row for row in told if (row.type, row.schema_version) == ("order.placed", 1)]
    assert (first.topic, first.subject) == ("order.events.v1", f"{names}.{PLACED}")


def test_pushing_again_changes_nothing(orders: Orders, store: str) -> None:
    orders("push")
    before = published_schemas(store)

    status, _, remark = orders("push")

    assert status == 0
    assert f"{VERSIONS} versions are registered, 0 of them new" in remark
    assert published_schemas(store) == before


def test_checking_tells_what_is_not_pushed_and_then_that_all_is_well(orders: Orders) -> None:
    status, said, _ = orders("check")
    assert status == 1
    assert said.count("\n") == 1
    assert "order.placed version 2" in said
    assert "Run `orders schemas push`" in said

    orders("push")

    assert orders("check") == (0, "", f"All {VERSIONS} versions of {len(CATALOGUE)} events are as they should be.\n")


def test_an_incompatible_schema_is_refused_before_anything_is_registered(
    orders: Orders, registry: Registry, store: str, names: str
) -> None:
    subject = f"{names}.{PLACED}"
    registry.register(subject, schema("order.placed", 1, fields=[{"name": "order_number", "type": "long"}]))

    status, _, complaint = orders("push")

    assert status == 2
    assert "The registry refuses a schema of" in complaint
    assert subject in complaint.replace("\n", "")
    assert published_schemas(store) == []
    assert registry.find(f"{names}.order.events.v1-orderloom.order.OrderFailed", schema("order.failed", 1)) is None

    status, said, _ = orders("check")
    assert status == 1
    assert "order.placed version 2 is incompatible" in said


def test_the_registry_itself_refuses_what_old_readers_could_not_read(registry: Registry, names: str) -> None:
    subject, fields = f"{names}.{PLACED}", json.loads(CATALOGUE["order.placed"].schemas[2])["fields"]
    registry.demand_full_transitive(subject)
    registry.register(subject, CATALOGUE["order.placed"].schemas[1])

    assert registry.accepts(subject, CATALOGUE["order.placed"].schemas[2])
    assert not registry.accepts(subject, schema("order.placed", 2, fields=fields[1:]))
    assert not registry.accepts(subject, schema("order.placed", 2, fields=[*fields, {"name": "n", "type": "long"}]))


def test_a_subject_that_demands_less_is_noticed_and_put_right(orders: Orders, registry: Registry, names: str) -> None:
    orders("push")
    registry._client.set_compatibility(f"{names}.{PLACED}", "BACKWARD")

    status, said, _ = orders("check")
    assert status == 1
    assert f"The registry asks BACKWARD of {names}.{PLACED}" in said

    orders("push")
    assert registry.level(f"{names}.{PLACED}") == FULL_TRANSITIVE


def test_a_relay_that_was_told_another_id_is_noticed_and_told_again(orders: Orders, store: str) -> None:
    orders("push")
    with psycopg.connect(store) as connection:
        connection.execute("UPDATE published_schemas SET schema_id = 999999 WHERE type = 'order.cancelled'")

    assert "The relay was not told where to send order.cancelled version 1." in orders("check")[1]
    assert "order.cancelled version 1 goes to order.events.v1" in orders("push")[1]
    assert orders("check")[0] == 0


def test_a_stored_version_that_nobody_here_knows_is_not_right(orders: Orders, store: str) -> None:
    orders("push")
    insert(store, "order.placed", 2, stored_body("order.placed.v2"))
    insert(store, "order.placed", 9, b"from the future")

    status, said, _ = orders("check")

    assert status == 1
    assert said.count("\n") == 1
    assert "The store holds 1 of order.placed version 9." in said


def test_a_stored_event_that_can_t_be_read_is_not_right(orders: Orders, store: str) -> None:
    orders("push")
    insert(store, "order.failed", 1, b"nonsense")

    assert "These bytes are no order.failed of version 1" in orders("check")[1]


def test_the_list_counts_what_is_stored_of_each_version(orders: Orders, store: str) -> None:
    for name, version in (("order.placed.v1", 1), ("order.placed.v2", 2), ("order.placed.v2", 2)):
        insert(store, "order.placed", version, stored_body(name))
    insert(store, "order.vanished", 3, b"")

    lines = {(line["type"], line["version"]): line for line in json.loads(orders("list", "--json")[1])}

    assert len(lines) == VERSIONS + 1
    assert lines["order.placed", 1]["stored"] == 1
    assert lines["order.placed", 2]["stored"] == 2
    assert lines["order.placed", 2]["newest"]
    assert lines["order.confirmed", 1]["stored"] == 0
    assert lines["order.vanished", 3]["topic"] is None


def test_a_registry_that_is_down_is_one_sentence(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_REGISTRY__URL", "http://127.0.0.1:9")

    for command in ("check", "push"):
        status, _, complaint = orders(command)
        assert status == 2
        assert complaint.startswith("orders: The schema registry at http://127.0.0.1:9 can't be reached")
        assert complaint.count("\n") == 1


def test_what_is_no_registry_is_one_sentence(orders: Orders, backing: Backing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_REGISTRY__URL", backing.elasticsearch_url)

    status, _, complaint = orders("push")

    assert status == 2
    assert complaint.count("\n") == 1
    assert "ORDERS_REGISTRY__URL" in complaint


def test_a_database_that_is_not_ready_is_one_sentence(orders: Orders, store: str) -> None:
    with psycopg.connect(store) as connection:
        connection.execute("DROP TABLE published_schemas")

    assert orders("push") == (2, "", "orders: The database is not ready: run `orders db upgrade`.\n")


def test_every_stored_version_can_be_read_by_a_stranger(
    orders: Orders, backing: Backing, store: str, names: str
) -> None:
    """With nothing but the bytes on the topic and the registry, through another library."""
    orders("push")
    with SchemaRegistryClient({"url": backing.registry_url, "timeout": 10}) as client:
        read = AvroDeserializer(client)

        for row in published_schemas(store):
            body = stored_body(f"{row.type}.v{row.schema_version}")
            framed = b"\0" + row.schema_id.to_bytes(4, "big") + body
            seen: Any = read(framed, SerializationContext(row.topic, MessageField.VALUE))
            assert seen == by_fastavro(row)
