"""The table of builds, in Postgres: which of them projectors keep fresh and which one queries are answered from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from eventing.postgres.database import Database
from eventing.postgres.marks import Execute
from projections.generations import Build
from projections.read_model import ReadModel
from projections.stores.transactions import transaction

_BUILDS: Final = """
    SELECT model, generation, build, state, digest, identity, made_at, live_since, mended FROM read_model_generations
    WHERE state <> 'dropped' AND (%s::text IS NULL OR model = %s) ORDER BY model, build
"""
# Held until the end of the transaction; two processes that start at the same time make one build.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('read_model_generations:' || %s, 0))"
_ADD: Final = """
    INSERT INTO read_model_generations (model, generation, build, state, digest)
    SELECT %s, %s, coalesce(max(build), 0) + 1, %s, %s FROM read_model_generations WHERE model = %s
    RETURNING model, generation, build, state, digest, identity, made_at, live_since
"""
_MADE: Final = """
    UPDATE read_model_generations SET identity = %s, state = %s,
           live_since = CASE WHEN %s::text = 'live' THEN clock_timestamp() ELSE live_since END
    WHERE model = %s AND build = %s
    RETURNING model, generation, build, state, digest, identity, made_at, live_since
"""


class PostgresGenerations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def builds(self, model: str | None = None) -> Sequence[Build]:
        """Those that exist, oldest first."""
        return _read(self._database.query, model)

    def live(self, model: str) -> Build | None:
        return next((build for build in self.builds(model) if build.state == "live"), None)

    def first(self, model: ReadModel, make: Callable[[Build], str]) -> Build:
        """The live build; where the model never had any build, it is made now, once, whoever asks at the same time."""
        if (found := self.live(model.name)) is not None:
            return found
        with transaction(self._database) as execute:
            execute(_LOCK, (model.name,))
            if builds := _read(execute, model.name):
                return next((build for build in builds if build.state == "live"), builds[-1])
            build = add(execute, model)
            return made(execute, build, make(build), "live")

    def close(self) -> None:
        self._database.close()


def add(execute: Execute, model: ReadModel) -> Build:
    """A row for a build that is about to be made; its store has nothing of it yet."""
    values = (model.name, model.generation, "building", model.digest, model.name)
    return Build(*execute(_ADD, values)[0])


def made(execute: Execute, build: Build, identity: str, state: str) -> Build:
    return Build(*execute(_MADE, (identity, state, state, build.model, build.number))[0])


def _read(execute: Execute, model: str | None) -> Sequence[Build]:
    return [Build(*row) for row in execute(_BUILDS, (model, model))]
