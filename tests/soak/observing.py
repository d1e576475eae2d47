"""Looks at the platform from beside while the storm goes on: who leads, how far, and digests of the log."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import NamedTuple

import psycopg

from tests.soak.journal import Journal
from tests.soak.platform import Platform

LOOK_SECONDS = 0.1
DIGEST_SECONDS = 15.0


class Look(NamedTuple):
    t: float
    epoch: int
    leads: bool
    checkpoint: int
    head: int


class Observer:
    def __init__(self, platform: Platform, journal: Journal) -> None:
        self.looks: list[Look] = []
        self._platform = platform
        self._journal = journal
        self._digest = hashlib.sha256()
        self._digested = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._observe, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join(30)

    def stalls(self) -> float:
        """The longest time in which there was something to publish and nothing was."""
        longest, since = 0.0, None
        for before, after in zip(self.looks, self.looks[1:], strict=False):
            if after.checkpoint > before.checkpoint or after.checkpoint >= after.head:
                since = None
            elif since is None:
                since = before.t
            if since is not None:
                longest = max(longest, after.t - since)
        return longest

    def takeovers(self) -> list[float]:
        """Seconds without a leader, each time that another epoch began; only where the database could be asked."""
        found, gone_at, epoch = [], None, 0
        for look in self.looks:
            if look.leads:
                if gone_at is not None and look.epoch > epoch > 0:
                    found.append(look.t - gone_at)
                gone_at, epoch = None, look.epoch
            elif gone_at is None:
                gone_at = look.t
        return found

    def _observe(self) -> None:
        next_digest = time.monotonic() + DIGEST_SECONDS
        while not self._over.wait(LOOK_SECONDS):
            try:
                with psycopg.connect(
                    self._platform.servers.postgres_url, autocommit=True, connect_timeout=3
                ) as database:
                    self._look_on(database, next_digest)
            except psycopg.Error:
                continue
            next_digest = time.monotonic() + DIGEST_SECONDS

    def _look_on(self, database: psycopg.Connection, next_digest: float) -> None:
        while not self._over.wait(LOOK_SECONDS):
            row = database.execute("SELECT leader, epoch, checkpoint, head FROM relay_status").fetchone()
            assert row is not None
            leader, epoch, checkpoint, head = row
            self.looks.append(Look(time.monotonic(), epoch or 0, leader is not None, checkpoint, head))
            if time.monotonic() >= next_digest:
                next_digest = time.monotonic() + DIGEST_SECONDS
                self._note_digest(database)

    def _note_digest(self, database: psycopg.Connection) -> None:
        rows = database.execute(
            "SELECT position, event_id::text, body FROM events WHERE position > %s ORDER BY position", [self._digested]
        )
        for position, event_id, body in rows:
            self._digest.update(f"{position} {event_id} ".encode() + body)
            self._digested = position
        if self._digested:
            self._journal.note("observer", "digest", "ok", position=self._digested, digest=self._digest.hexdigest())
