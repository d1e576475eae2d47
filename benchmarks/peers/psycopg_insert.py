"""psycopg, one prepared INSERT after the other: what a lone writer gets when nobody adds anything."""

from __future__ import annotations

import time
import uuid

import psycopg

from benchmarks.contest import Contender, Sample
from benchmarks.peers.equal_table import POSITIONS, TABLE, Ledger

INSERT = f"""
INSERT INTO {TABLE}
(position, stream, version, event_id, type, schema_version, correlation_id, actor, recorded_at, body)
VALUES (nextval('{POSITIONS}'), %b, 1, %b, 'order.placed', 2, %b, 'bench', clock_timestamp(), %b)
"""


def contender(database_url: str, body: bytes, ledger: Ledger) -> Contender:
    async def run(seconds: float) -> Sample:
        # It blocks the loop on purpose: a synchronous connection is the fastest way to wait for one answer.
        done = 0
        with psycopg.connect(database_url, autocommit=True) as connection:
            start = time.perf_counter()
            while time.perf_counter() - start < seconds:
                event_id = uuid.uuid4()
                connection.execute(INSERT, (f"order-{event_id}", event_id, event_id, body), prepare=True)
                done += 1
            spent = time.perf_counter() - start
        ledger.acknowledged += done
        return Sample(done, spent)

    return Contender("psycopg prepared INSERT", run, ledger.check)
