"""The two stores of documents, made alike for the suites that both have to pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson

from eventing.consuming import Partition
from eventing.settings import Settings
from projections.generations import Build
from projections.ports import Change, DocumentStore
from projections.read_model import Family, ReadModel
from projections.wiring import open_store

PLACE = Partition("order.events.v1", 2)
FAMILY = Family(name="", topic=PLACE.topic, hears=(), fold=lambda document, _: document)
MAPPING = {"dynamic": "strict", "properties": {"number": {"type": "long"}, "word": {"type": "keyword"}}}


@contextmanager
def making(settings: Settings, model: ReadModel) -> Iterator[Callable[[int], DocumentStore]]:
    made: list[DocumentStore] = []

    def create(number: int) -> DocumentStore:
        build = Build("numbers", 1, number, "building", "", "", datetime.now(UTC))
        first = open_store(settings, model, build)
        identity = first.create()
        first.close()
        made.append(open_store(settings, model, build._replace(identity=identity)))
        return made[-1]

    yield create
    for store in made:
        store.drop()
        store.close()


def change(name: str, position: int, document: dict[str, Any] | None, *, based_on: int = 0, **more: Any) -> Change:
    return Change(name, based_on, position, PLACE, None if document is None else orjson.dumps(document), **more)
