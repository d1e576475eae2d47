"""The projector's process in tests: the real one, or one with a part broken on purpose.

A mutant shows that a test can fail. None of them is in the product: each replaces one part at the composition root.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from eventing.consuming import Mark, Partition
from eventing.settings import Settings
from projections import ports, wiring
from projections.awareness import Awareness
from projections.generations import Build
from projections.names import ElasticsearchNames
from projections.ports import ANYWHERE, Change, Footing, Outcome
from projections.projector import Projection
from projections.read_model import ReadModel
from projections.recent import Recent
from projections.stores.elasticsearch import ElasticsearchStore
from projections.stores.elasticsearch_connecting import connect
from projections.stores.redis import RedisStore
from projections.wiring import ADAPTERS, Adapters, open_store
from tests.support.only_in_tests import Announce, run_in_a_test

COMPARISON = "string.match(kept, '^%d+') ~= based_on"
"""In the script that writes documents to Redis."""


class WithoutVersions(ElasticsearchStore):
    """Whatever comes last wins."""

    def _action(self, change: Change) -> bytes:
        return b'{"index":{"_id":%s}}' % orjson.dumps(change.id)


class DeafToItems(ElasticsearchStore):
    """A bulk that answers 200 has been taken."""

    def _judge(self, answers: Sequence[Mapping[str, Any]]) -> tuple[Sequence[str], Mapping[str, str]]:
        return (), {}


class MarksFirst:
    """Moves the marks of a Redis model before its documents are written."""

    def __init__(self, store: ports.DocumentStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing = ANYWHERE) -> Outcome:
        self._store.write((), marks, footing)
        from eventing.crash_points import reach

        reach("projector.written")
        return self._store.write(changes, {})


class LooksAtFirst:
    """Makes sure once that its build is there."""

    def __init__(self, store: ports.DocumentStore) -> None:
        self._store = store
        self._has_looked = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def demand(self, identity: str, kept: Mapping[Partition, Mark] = ANYWHERE.marks) -> None:
        if not self._has_looked:
            self._has_looked = True
            self._store.demand(identity, kept)


class NeverAsksWhereItStands:
    """Writes upon whatever is there, as if a store could only be whole or away."""

    def __init__(self, store: ports.DocumentStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def demand(self, identity: str, _: Mapping[Partition, Mark] = ANYWHERE.marks) -> None:
        self._store.demand(identity)

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], _: Footing = ANYWHERE) -> Outcome:
        return self._store.write(changes, marks)


def elasticsearch(kind: type[ElasticsearchStore]) -> Adapters:
    def opened(settings: Settings, model: ReadModel, build: Build) -> ports.DocumentStore:
        if model.store != "elasticsearch":
            return open_store(settings, model, build)
        names = ElasticsearchNames(settings.elasticsearch.index_prefix)
        return kind(connect(settings.elasticsearch), names, build, model)

    return replace(ADAPTERS, store=opened)


def marks_first(settings: Settings, model: ReadModel, build: Build) -> Any:
    return MarksFirst(open_store(settings, model, build))


def looks_at_first(settings: Settings, model: ReadModel, build: Build) -> Any:
    return LooksAtFirst(open_store(settings, model, build))


def never_asks_where_it_stands(settings: Settings, model: ReadModel, build: Build) -> Any:
    return NeverAsksWhereItStands(open_store(settings, model, build))


def forgets_whom_it_paused(settings: Settings, model: ReadModel, build: Build) -> Any:
    """Takes it that none sleeps when any was handed out anew, and puts none to sleep again, which would remind it."""
    original = Projection._assigned

    def assigned(self: Projection, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        marks = original(self, partitions)
        if self._paused:
            self._paused.clear()
            self._pause = lambda consumer: None  # type: ignore[method-assign]  # to pause all once more would be to remember
        return marks

    Projection._assigned = assigned  # type: ignore[method-assign]
    return open_store(settings, model, build)


def says_that_it_has_forgotten(settings: Settings, model: ReadModel, build: Build) -> Any:
    """And remembers what the documents were before they were repaired."""
    original = Projection._forget

    def forget(self: Projection) -> None:
        remembered, self._recent = self._recent, Recent(0)
        original(self)
        self._recent = remembered

    Projection._forget = forget  # type: ignore[method-assign]
    return open_store(settings, model, build)


def never_out_of_touch(settings: Settings, model: ReadModel, build: Build) -> Any:
    """And remembers documents whatever it has not heard of."""
    setattr(Awareness, "is_lost", False)  # noqa: B010 - it is no other property but a broken one
    return open_store(settings, model, build)


def writes_over_anything(settings: Settings, model: ReadModel, build: Build) -> Any:
    """Redis does not ask what a document was folded from."""
    store = open_store(settings, model, build)
    assert isinstance(store, RedisStore)
    script = str(store._write.script)
    assert COMPARISON in script
    store._write = store._client.register_script(script.replace(COMPARISON, "false"))
    return store


MUTANTS: dict[str, Adapters] = {
    "none": ADAPTERS,
    "without_versions": elasticsearch(WithoutVersions),
    "deaf_to_items": elasticsearch(DeafToItems),
    "marks_first": replace(ADAPTERS, store=marks_first),
    "looks_at_first": replace(ADAPTERS, store=looks_at_first),
    "never_asks_where_it_stands": replace(ADAPTERS, store=never_asks_where_it_stands),
    "forgets_whom_it_paused": replace(ADAPTERS, store=forgets_whom_it_paused),
    "says_that_it_has_forgotten": replace(ADAPTERS, store=says_that_it_has_forgotten),
    "never_out_of_touch": replace(ADAPTERS, store=never_out_of_touch),
    "writes_over_anything": replace(ADAPTERS, store=writes_over_anything),
}


def run(settings: Settings, announce: Announce) -> None:
    wiring.run(settings, sys.argv[2:], announce, outside=MUTANTS[sys.argv[1]])


if __name__ == "__main__":
    sys.exit(run_in_a_test(run))
