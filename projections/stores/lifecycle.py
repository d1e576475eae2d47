"""The table of builds, for those who change it: a transaction a change, refused to whoever was replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from eventing.leases import LeadershipLost
from eventing.postgres.database import Database
from eventing.postgres.marks import Execute
from projections.generations import GONE_SECONDS, Build
from projections.stores.transactions import transaction

_BUILDS: Final = """
    SELECT model, generation, build, state, digest, identity, made_at, live_since FROM read_model_generations
    WHERE state <> 'dropped' AND model = %s ORDER BY build
"""
_RETIRED: Final = """
    SELECT model, generation, build, 'old', digest, identity, made_at, live_since FROM read_model_generations
    WHERE state = 'dropped' AND identity <> '' AND model = %s ORDER BY build
"""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('read_model_generations:' || %s, 0))"
# Held until the end of the transaction: nobody takes the lease over in the middle of it.
_MINE: Final = "SELECT 1 FROM leases WHERE name = %s AND epoch = %s AND expires_at > clock_timestamp() FOR UPDATE"
_BEGIN: Final = """
    INSERT INTO read_model_generations (model, generation, build, state, digest)
    SELECT %s, %s, coalesce(max(build), 0) + 1, 'building', %s FROM read_model_generations WHERE model = %s
    RETURNING model, generation, build, state, digest, identity, made_at, live_since
"""
_SET: Final = """
    UPDATE read_model_generations
    SET state = coalesce(%s::text, state), identity = coalesce(%s::text, identity),
        live_since = CASE WHEN %s::text = 'live' THEN clock_timestamp() ELSE live_since END
    WHERE model = %s AND build = %s
    RETURNING model, generation, build, state, digest, identity, made_at, live_since
"""
_STEP_BACK: Final = """
    UPDATE read_model_generations SET state = CASE state WHEN 'live' THEN 'old' ELSE 'dropped' END
    WHERE model = %s AND build <> %s AND state IN ('live', 'old')
"""
_MENDED: Final = """
    UPDATE read_model_generations SET mended = mended + 1 WHERE model = %s AND build = %s RETURNING mended
"""
_REMEMBERING: Final = """
    SELECT holder FROM projection_reports WHERE model = %s AND build = %s AND mended < %s
    AND reported_at > clock_timestamp() - make_interval(secs => %s) ORDER BY holder
"""
_FORGET_REPORTS: Final = "DELETE FROM projection_reports WHERE model = %s AND build = %s"
_FORGET_PARKED: Final = "DELETE FROM parked_events WHERE consumer = %s"


class PostgresLifecycle:
    """Of one model, under one lease."""

    def __init__(self, database: Database, model: str, lease: str, epoch: Callable[[], int]) -> None:
        self._database = database
        self._model = model
        self._lease = lease
        self._epoch = epoch

    def builds(self, model: str) -> Sequence[Build]:
        return [Build(*row) for row in self._database.query(_BUILDS, (model,))]

    def retired(self) -> Sequence[Build]:
        return [Build(*row) for row in self._database.query(_RETIRED, (self._model,))]

    def begin(self, generation: int, digest: str) -> Build:
        with transaction(self._database) as execute:
            self._demand(execute)
            return Build(*execute(_BEGIN, (self._model, generation, digest, self._model))[0])

    def made(self, build: Build, identity: str) -> Build:
        return self._change(build, None, identity)

    def follow(self, build: Build) -> Build:
        return self._change(build, "following", None)

    def switch(self, build: Build) -> Build:
        with transaction(self._database) as execute:
            self._demand(execute)
            execute(_STEP_BACK, (self._model, build.number))
            return _set(execute, build, "live", None)

    def retire(self, build: Build) -> None:
        self._change(build, "dropped", None)

    def buried(self, build: Build) -> None:
        with transaction(self._database) as execute:
            self._demand(execute)
            execute(_FORGET_REPORTS, (build.model, build.number))
            execute(_FORGET_PARKED, (build.consumer,))
            _set(execute, build, "dropped", "")

    def mended(self, build: Build) -> int:
        with transaction(self._database) as execute:
            self._demand(execute)
            return int(execute(_MENDED, (build.model, build.number))[0][0])

    def remembering(self, build: Build, mended: int) -> Sequence[str]:
        values = (build.model, build.number, mended, GONE_SECONDS)
        return [str(holder) for (holder,) in self._database.query(_REMEMBERING, values)]

    def close(self) -> None:
        self._database.close()

    def _change(self, build: Build, state: str | None, identity: str | None) -> Build:
        with transaction(self._database) as execute:
            self._demand(execute)
            return _set(execute, build, state, identity)

    def _demand(self, execute: Execute) -> None:
        """The lease's row first: `execute` of the rest waits for nobody who waits for us."""
        if execute(_MINE, (self._lease, self._epoch())) != [(1,)]:
            raise LeadershipLost("Another process works on this read model now: this one gives up.")
        execute(_LOCK, (self._model,))


def _set(execute: Execute, build: Build, state: str | None, identity: str | None) -> Build:
    return Build(*execute(_SET, (state, identity, state, build.model, build.number))[0])
