"""The two event stores, made alike for the suite that both have to pass."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from eventing.errors import Refusal
from eventing.event_store import EventStore
from eventing.memory import MemoryEventStore
from eventing.postgres.migrating import upgrade
from eventing.postgres.store import PostgresEventStore
from tests.support.notes import NoteCodec

COUNTING = """
    CREATE TABLE counted (name text PRIMARY KEY, number bigint NOT NULL CHECK (number <= 10));
    GRANT SELECT ON counted TO orderloom_service;
    CREATE FUNCTION inline_write.count_up(up jsonb) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF (up ->> 'by')::bigint < 0 THEN
            RAISE EXCEPTION 'Counting goes up only.' USING ERRCODE = 'OL001', DETAIL = 'counts_down';
        END IF;
        INSERT INTO public.counted AS c VALUES (up ->> 'name', (up ->> 'by')::bigint)
        ON CONFLICT (name) DO UPDATE SET number = c.number + excluded.number;
    END $$
"""


@asynccontextmanager
async def in_memory() -> AsyncIterator[EventStore]:
    def count_up(up: Mapping[str, Any]) -> None:
        if up["by"] < 0:
            raise Refusal("Counting goes up only.", code="counts_down")

    yield MemoryEventStore(NoteCodec(), inline={"count_up": count_up})


@asynccontextmanager
async def on_postgres(url: str) -> AsyncIterator[EventStore]:
    upgrade(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(COUNTING)
    async with PostgresEventStore.open(url, NoteCodec()) as store:
        yield store
