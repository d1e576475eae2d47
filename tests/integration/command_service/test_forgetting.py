"""Answers older than a day are forgotten by the running write API, whoever else does it; younger ones are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from eventing.postgres.engine import make_engine
from eventing.postgres.purging import AT_ONCE, purge_idempotency_keys
from eventing.web.auth import Role
from tests.support.write_api import order
from tests.support.write_api_process import ApiProcess, Surroundings, write_api

OLD = 2 * AT_ONCE + 7


@pytest.fixture
def watching(superuser: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """Is told of each step how many it has forgotten."""
    superuser.execute("""
        CREATE OR REPLACE FUNCTION tell_of_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('forgotten', (SELECT count(*) FROM gone)::text);
            RETURN NULL;
        END $$""")
    superuser.execute(
        "CREATE TRIGGER told AFTER DELETE ON idempotency_keys REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION tell_of_forgotten()"
    )
    superuser.execute("LISTEN forgotten")
    yield superuser
    superuser.execute("UNLISTEN forgotten")
    superuser.execute("DROP TRIGGER told ON idempotency_keys")


def keep_answers(superuser: psycopg.Connection, scope: str, age: str) -> None:
    superuser.execute(
        "INSERT INTO idempotency_keys (scope, key, fingerprint, answer, position, recorded_at, expires_at) "
        "SELECT %s, n::text, '', '', 0, now() - %s::interval, now() - %s::interval + interval '24 hours' "
        "FROM generate_series(1, %s) n",
        (scope, age, age, OLD),
    )


def kept_of(superuser: psycopg.Connection, scope: str) -> int:
    (count,) = superuser.execute("SELECT count(*) FROM idempotency_keys WHERE scope = %s", (scope,)).fetchone() or (0,)
    return int(count)


def forgotten(watching: psycopg.Connection) -> list[int]:
    """Each step, until all that is old is gone; fewer if nobody forgets."""
    steps: list[int] = []
    for told in watching.notifies(timeout=60):
        steps.append(int(told.payload))
        if sum(steps) >= OLD:
            break
    return [step for step in steps if step]


async def test_several_at_once_forget_each_answer_once(
    surroundings: Surroundings, superuser: psycopg.Connection
) -> None:
    keep_answers(superuser, "many", "25 hours")
    engine = make_engine(surroundings.database_url)

    counts = await asyncio.gather(*(purge_idempotency_keys(engine) for _ in range(4)))
    await engine.dispose()

    # Who found others at the rows has left them alone: what remains is for the next look.
    assert sum(counts) + kept_of(superuser, "many") == OLD
    assert sum(counts) >= AT_ONCE


async def test_a_running_write_api_forgets_step_by_step_what_is_older_than_a_day(
    api: ApiProcess, surroundings: Surroundings, watching: psycopg.Connection
) -> None:
    keep_answers(watching, "old", "24 hours 1 second")
    keep_answers(watching, "young", "23 hours 59 minutes")
    alice = api.as_("alice", Role.CUSTOMER)
    first = await alice.post("/v1/orders", order(), key="today")

    async with write_api(surroundings):
        steps = await asyncio.to_thread(forgotten, watching)

    assert (sum(steps), max(steps)) == (OLD, AT_ONCE)
    assert (kept_of(watching, "old"), kept_of(watching, "young")) == (0, OLD)
    again = await alice.post("/v1/orders", order(), key="today")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
