"""pyeventsourcing's own PostgreSQL recorders, in a process of their own: one event an append, as a command has it.

The aggregate recorder is its fastest and promises no order among streams; the application recorder is its ordered
one, which locks the table and notifies in every append, or leaves both to a database function.
"""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresAggregateRecorder, PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.worker import Worker, python_module, serve, worker


class Kind(NamedTuple):
    name: str
    schema: str
    """One each: their database functions have one and the same name."""
    recorder: type[Any]
    database_functions: bool = False


KINDS: Mapping[str, Kind] = {
    "aggregate": Kind("pyeventsourcing, fastest recorder", "peer_aggregate", PostgresAggregateRecorder),
    "ordered": Kind("pyeventsourcing, ordered default", "peer_ordered", PostgresApplicationRecorder),
    "functions": Kind("pyeventsourcing, ordered by functions", "peer_functions", PostgresApplicationRecorder, True),
}
MOST_THREADS = 16
TABLE = "stored_events"


@asynccontextmanager
async def contenders(kind: str, database_url: str, body: bytes, threads: tuple[int, ...]) -> AsyncIterator[Any]:
    chosen = KINDS[kind]
    acknowledged = 0

    def contender(recorders: Worker, count: int) -> Contender:
        async def run(seconds: float) -> Sample:
            nonlocal acknowledged
            sample = await recorders.sample(seconds=seconds, threads=count)
            acknowledged += sample.events
            return sample

        return Contender(f"{chosen.name}, {count} threads", run, check)

    async def check() -> None:
        with psycopg.connect(database_url) as connection:
            stored = connection.execute(f"SELECT count(*) FROM {chosen.schema}.{TABLE}").fetchall()[0][0]
        if stored != acknowledged:
            raise WrongResultError(f"{chosen.name}: {acknowledged} appends were acknowledged, {stored} are stored.")

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {chosen.schema}")
    async with worker(chosen.name, *python_module(__name__, database_url, kind, body.hex())) as recorders:
        yield [contender(recorders, count) for count in threads]


def open_recorder(database_url: str, kind: Kind) -> Any:
    address = conninfo_to_dict(database_url)
    datastore = PostgresDatastore(
        dbname=str(address["dbname"]),
        host=str(address["host"]),
        port=str(address.get("port", 5432)),
        user=str(address.get("user", "")),
        password=str(address.get("password", "")),
        pool_size=MOST_THREADS,
        enable_db_functions=kind.database_functions,
        schema=kind.schema,
    )
    recorder = kind.recorder(datastore, events_table_name=TABLE)
    recorder.create_table()
    return recorder


def run(recorder: Any, body: bytes, seconds: float, threads: int) -> dict[str, float]:
    counts = [0] * threads
    deadline = time.perf_counter() + seconds

    def append(number: int) -> None:
        while time.perf_counter() < deadline:
            recorder.insert_events([StoredEvent(uuid.uuid4(), 1, "order.placed", body)])
            counts[number] += 1

    start = time.perf_counter()
    workers = [threading.Thread(target=append, args=(number,)) for number in range(threads)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    return {"events": sum(counts), "seconds": time.perf_counter() - start}


if __name__ == "__main__":
    url, kind_name, body_hex = sys.argv[1:]
    opened, payload = open_recorder(url, KINDS[kind_name]), bytes.fromhex(body_hex)
    serve(lambda request: run(opened, payload, request["seconds"], request["threads"]))
