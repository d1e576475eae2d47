"""A process full of writers: `python -m tests.integration.event_store.writers URL JOURNAL SEED WRITERS`.

Some write hot streams that everybody writes, some cold ones of their own; some append in transactions of their own, in
which they dawdle first. Each acknowledged event's id goes to the journal. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import TextIO
from uuid import uuid4

import psycopg

from eventing.envelope import NewEvent
from eventing.errors import Conflict, Unavailable
from eventing.event_store import NO_STREAM, Append, StreamWrite
from eventing.postgres.appending_within import append_within
from eventing.postgres.batch import Preparation
from eventing.postgres.connecting import connect
from eventing.postgres.store import PostgresEventStore
from tests.support.notes import Note, NoteCodec, somebody

HOT = ["note-hot1", "note-hot2", "note-hot3"]


async def main(url: str, journal: Path, seed: int, writers: int) -> None:
    chance = random.Random(seed)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    async with PostgresEventStore.open(url, NoteCodec()) as store:
        with journal.open("a", buffering=1) as acknowledged:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            kinds = [_hot, _hot, _cold, _dawdling]
            tasks = [
                asyncio.ensure_future(kinds[n % len(kinds)](store, url, acknowledged, random.Random(chance.random())))
                for n in range(writers)
            ]
            await asyncio.wait([asyncio.ensure_future(ended), *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            failures = await asyncio.gather(*tasks, return_exceptions=True)
    for failure in failures:
        if not isinstance(failure, asyncio.CancelledError):
            raise SystemExit(f"a writer failed: {failure!r}")


def _append(stream: str, expected: int, count: int) -> Append:
    events = [NewEvent(uuid4(), Note(f"{n}")) for n in range(count)]
    return Append([StreamWrite(stream, expected, events)], somebody())


def _acknowledge(journal: TextIO, append: Append) -> None:
    journal.writelines(f"{event.event_id}\n" for write in append.writes for event in write.events)


async def _hot(store: PostgresEventStore, url: str, journal: TextIO, chance: random.Random) -> None:
    """Looks, decides, appends at the version it saw; loses now and then."""
    while True:
        stream = chance.choice(HOT)
        newest = await store.read(stream, backwards=True, limit=1)
        append = _append(stream, newest[0].version if newest else NO_STREAM, chance.randint(1, 3))
        try:
            await store.append(append)
        except (Conflict, Unavailable):
            continue
        _acknowledge(journal, append)


async def _cold(store: PostgresEventStore, url: str, journal: TextIO, chance: random.Random) -> None:
    while True:
        append = _append(f"note-{uuid4()}", NO_STREAM, chance.randint(1, 3))
        try:
            await store.append(append)
        except Unavailable:
            continue
        _acknowledge(journal, append)


async def _dawdling(store: PostgresEventStore, url: str, journal: TextIO, chance: random.Random) -> None:
    prepare = Preparation(NoteCodec())
    connection = await connect(url)
    try:
        await connection.set_autocommit(False)
        while True:
            append = _append(f"note-{uuid4()}", NO_STREAM, 2)
            try:
                await connection.execute("SELECT pg_sleep(%s)", (chance.uniform(0, 0.01),))
                await append_within(connection, prepare, [append])
            except (Unavailable, psycopg.OperationalError):
                await connection.close()
                connection = await connect(url)
                await connection.set_autocommit(False)
            else:
                _acknowledge(journal, append)
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
