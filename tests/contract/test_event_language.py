"""The whole catalogue, each type and each stored version of it: a new event is under test without a line added here.

Only the bytes of a new version have to be written down once, in `stored_events/`, where they stay for ever.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

import event_schemas
from eventing.avro import Codec
from eventing.avro.frozen import changes, missing
from eventing.avro.lint import full_name
from eventing.catalogue import Catalogue, EventType
from tests.support.events import any_of

CATALOGUE = Catalogue.discover(event_schemas)
CODEC = Codec(CATALOGUE)
STORED = Path(__file__).parent / "stored_events"

each_type = pytest.mark.parametrize("kind", [*CATALOGUE], ids=lambda kind: kind.name)
each_version = pytest.mark.parametrize(
    ("kind", "version"), [pytest.param(kind, v, id=f"{kind.name}.v{v}") for kind in CATALOGUE for v in kind.schemas]
)


@each_type
@given(data=st.data())
def test_every_event_comes_back_as_it_was(kind: EventType, data: Any) -> None:
    event = data.draw(any_of(kind.newest))

    assert CODEC.decode(*CODEC.encode(event)) == event


@each_type
@given(data=st.data())
def test_others_read_and_write_the_same_bytes(kind: EventType, data: Any) -> None:
    event = data.draw(any_of(kind.newest))
    schema, plain = fastavro.parse_schema(json.loads(kind.schemas[kind.version])), json.loads(json.dumps(asdict(event)))

    body = CODEC.encode(event).body

    assert body == by_fastavro(schema, plain)
    assert fastavro.schemaless_reader(io.BytesIO(body), schema, None) == plain


@each_version
def test_every_stored_version_reads_as_the_newest(kind: EventType, version: int) -> None:
    stored = what_was_stored(kind, version)

    event: Any = CODEC.decode(kind.name, version, bytes.fromhex(stored["body"]))

    assert json.loads(json.dumps(asdict(event))) == stored["reads_as"]
    assert type(event) is kind.newest


@each_type
def test_the_newest_version_is_still_written_as_it_was(kind: EventType) -> None:
    body = bytes.fromhex(what_was_stored(kind, kind.version)["body"])

    assert CODEC.encode(CODEC.decode(kind.name, kind.version, body)) == (kind.name, kind.version, body)


@each_version
def test_versions_of_one_subject_read_each_other(kind: EventType, version: int) -> None:
    """What the registry is asked for, seen through fastavro: any stored bytes, any other schema of the record."""
    written_by = json.loads(kind.schemas[version])
    body = io.BytesIO(bytes.fromhex(what_was_stored(kind, version)["body"]))

    for schema in map(json.loads, kind.schemas.values()):
        if full_name(schema) == full_name(written_by):
            body.seek(0)
            assert fastavro.schemaless_reader(body, written_by, schema)


def test_a_change_that_avro_can_t_resolve_has_a_name_of_its_own() -> None:
    kind = CATALOGUE["order.delivery_address_changed"]

    assert full_name(json.loads(kind.schemas[1])) == "orderloom.order.OrderDeliveryAddressChanged"
    assert full_name(json.loads(kind.schemas[2])) == "orderloom.order.v2.OrderDeliveryAddressChanged"


def test_no_two_types_share_a_record() -> None:
    names = {(kind.name, full_name(json.loads(text))) for kind in CATALOGUE for text in kind.schemas.values()}

    assert len({record for _, record in names}) == len(names)


def test_the_frozen_schemas_are_as_they_were_frozen() -> None:
    assert [*changes(CATALOGUE, Path(str(files(event_schemas))) / "avro")] == []
    assert [*missing(CATALOGUE)] == []


def test_all_about_one_order_travels_on_one_topic() -> None:
    topics = {kind.stream: kind.topic for kind in CATALOGUE}

    assert topics == {
        **dict.fromkeys(("order", "reservation", "payment", "shipment"), "order.events.v1"),
        "stock": "stock.events.v1",
        "product": "catalogue.events.v1",
    }, "a new folder of events has its stream and topic here too, so that nobody moves one by mistake"


def what_was_stored(kind: EventType, version: int) -> Any:
    file = STORED / f"{kind.name}.v{version}.json"
    assert file.is_file(), (
        f"write down once what version {version} of {kind.name} looks like in the store: {file.name} with the body of "
        "an event in hexadecimal and what it reads as; docs/schema-evolution.md says how"
    )
    return json.loads(file.read_text("utf-8"))


def by_fastavro(schema: Any, plain: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, plain)
    return out.getvalue()
