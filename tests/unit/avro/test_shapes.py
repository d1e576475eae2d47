"""Every kind of field and every kind of change, in a little language of its own, beside fastavro."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.avro import Codec
from eventing.avro.frozen import freeze
from eventing.catalogue import Catalogue
from eventing.errors import Misconfigured
from tests.support.events import any_of
from tests.support.languages import language

EVERY_KIND = '''
@record
class Part:
    """A part."""
    name: str
    weights: tuple[int, ...] = ()

@event("thing.happened")
class ThingHappened:
    """Something happened."""
    text: str
    """What it says."""
    number: int
    truth: bool
    raw: bytes
    mood: Literal["good", "bad"]
    maybe_text: str | None
    maybe_part: Part | None
    part: Part
    parts: tuple[Part, ...]
    nested: tuple[tuple[bool, ...], ...]
    moods: tuple[Literal["up", "down"], ...]
    maybe: int | None = None
'''

# Version 2 drops a field, adds some and adds a symbol: all that one subject allows.
BEFORE = '''
@event("thing.moved", version=1)
class ThingMoved:
    """It moved."""
    where: str
    mood: Literal["good", "bad"]
    remark: str | None = None
'''
AFTER = '''
@event("thing.moved", version=2)
class ThingMoved:
    """It moved."""
    where: str
    mood: Literal["good", "bad", "ugly"]
    speed: int = 7
    tags: tuple[str, ...] = ()
    note: str | None = None
'''


def frozen(package: ModuleType) -> Catalogue:
    folder = Path(package.__path__[0]) / "avro"
    freeze(Catalogue.discover(package), folder)
    return Catalogue.discover(package)


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    with language(tmp_path_factory.mktemp("language"), {"happened.py": EVERY_KIND}, "every_kind") as package:
        yield frozen(package)


@given(data=st.data())
def test_every_kind_of_field_is_written_as_fastavro_does_and_read_back(every_kind: Catalogue, data: Any) -> None:
    kind, codec = every_kind["thing.happened"], Codec(every_kind)
    event = data.draw(any_of(kind.newest))

    body = codec.encode(event).body

    assert body == by_fastavro(kind.schemas[1], event)
    assert codec.decode("thing.happened", 1, body) == event


def test_a_schema_carries_the_descriptions_from_the_source(every_kind: Catalogue) -> None:
    schema = json.loads(every_kind["thing.happened"].schemas[1])

    assert schema["doc"] == "Something happened."
    assert schema["fields"][0] == {"name": "text", "type": "string", "doc": "What it says."}


def test_a_change_that_avro_resolves_needs_no_upcaster(tmp_path: Path) -> None:
    with language(tmp_path, {"moved.py": BEFORE}) as package:
        before = frozen(package)
        stored = Codec(before).encode(before["thing.moved"].newest(where="north", mood="bad", remark="slowly"))

    with language(tmp_path, {"moved.py": AFTER}) as package:
        after = frozen(package)
        event = Codec(after).decode(*stored)

        assert asdict(event) == {"where": "north", "mood": "bad", "speed": 7, "tags": (), "note": None}
        assert asdict(event) == by_fastavro_s_resolution(after["thing.moved"].schemas, stored.body) | {"tags": ()}


def test_a_field_without_a_default_can_t_be_added(tmp_path: Path) -> None:
    with language(tmp_path, {"moved.py": BEFORE}) as package:
        frozen(package)

    with language(tmp_path, {"moved.py": AFTER.replace("speed: int = 7", "speed: int")}) as package:
        catalogue = frozen(package)
        with pytest.raises(Misconfigured, match=r"ThingMoved\.speed has no default"):
            Codec(catalogue)


@pytest.mark.parametrize("hint", ["float", "dict[str, str]", "list[str]", "str | int", "'tuple[str, int]'"])
def test_a_kind_of_field_that_the_language_does_not_have(tmp_path: Path, hint: str) -> None:
    text = f'@event("thing.happened")\nclass ThingHappened:\n    """Odd."""\n    odd: {hint}\n'
    with language(tmp_path, {"happened.py": text}) as package, pytest.raises(Misconfigured, match="does not have"):
        frozen(package)


def test_a_field_that_may_be_absent_is_absent_by_default(tmp_path: Path) -> None:
    text = BEFORE.replace("remark: str | None = None", "remark: str | None = 'none'")
    with language(tmp_path, {"moved.py": text}) as package, pytest.raises(Misconfigured, match="default to None"):
        frozen(package)


def by_fastavro(schema: str, event: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(schema)), asdict(event))
    return out.getvalue()


def by_fastavro_s_resolution(schemas: Any, body: bytes) -> Any:
    writer, reader = (fastavro.parse_schema(json.loads(schemas[version])) for version in (1, 2))
    return fastavro.schemaless_reader(io.BytesIO(body), writer, reader)
