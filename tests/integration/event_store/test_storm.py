"""Many writers in several processes, some killed and some paused in the middle, and one reader that follows the log."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from eventing.envelope import Recorded
from eventing.postgres.store import PostgresEventStore
from eventing.verification import LogCheck, StreamCheck
from tests.support.notes import NoteCodec

PROCESSES = 4
WRITERS_EACH = 8
EVENTS_WANTED = 2000


class Writers:
    """Processes of writers; one that is killed is replaced."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._started = 0
        self._running: list[subprocess.Popen[str]] = []
        self._paused: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        self._started += 1
        journal = self._folder / f"journal-{self._started}"
        command = [sys.executable, "-m", "tests.integration.event_store.writers", self._url, str(journal)]
        process = subprocess.Popen(
            [*command, str(self._started), str(WRITERS_EACH)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        self._running.append(process)
        return process

    def kill_one(self, chance: random.Random) -> None:
        victim = chance.choice(self._running)
        victim.send_signal(signal.SIGKILL)
        self._wait_for(victim)
        self._running.remove(victim)
        self.start()

    def pause_one(self, chance: random.Random) -> None:
        self._paused = chance.choice(self._running)
        self._paused.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._paused is not None:
            self._paused.send_signal(signal.SIGCONT)
        self._paused = None

    def end(self) -> None:
        for process in self._running:
            assert process.stdin is not None
            process.stdin.close()
        for process in self._running:
            assert self._wait_for(process) == 0

    def _wait_for(self, process: subprocess.Popen[str]) -> int:
        status = process.wait(60)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        return status

    def clear(self) -> None:
        """Whatever became of the test, nothing of it goes on running."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
                self._wait_for(process)

    def acknowledged(self) -> set[UUID]:
        """A killed process may have left a line unfinished."""
        lines = [line for file in self._folder.glob("journal-*") for line in file.read_text().splitlines()]
        return {UUID(line) for line in lines if len(line) == 36}


async def storm(url: str, folder: Path, events_wanted: int = EVENTS_WANTED) -> tuple[list[Recorded], set[UUID]]:
    """What the reader saw who followed the log all the time, and what was acknowledged to the writers."""
    writers = Writers(url, folder)
    try:
        return await _storm(url, writers, events_wanted), writers.acknowledged()
    finally:
        writers.clear()


async def _storm(url: str, writers: Writers, events_wanted: int) -> list[Recorded]:
    chance = random.Random(20)
    await asyncio.gather(*(asyncio.to_thread(writers.start) for _ in range(PROCESSES)))
    seen: list[Recorded] = []
    reached = {n: asyncio.Event() for n in range(0, events_wanted + 1, events_wanted // 6)}

    async def follow() -> None:
        async with PostgresEventStore.open(url, NoteCodec()) as store:
            async for batch in store.follow(0, limit=100):
                seen.extend(batch)
                for number, event in reached.items():
                    if len(seen) >= number:
                        event.set()

    following = asyncio.ensure_future(follow())
    for step, reaching in enumerate(reached.values()):
        await asyncio.wait_for(reaching.wait(), 60)
        writers.resume()
        if step % 2:
            await asyncio.to_thread(writers.kill_one, chance)
        else:
            writers.pause_one(chance)
    writers.resume()
    await asyncio.to_thread(writers.end)
    async with PostgresEventStore.open(url, NoteCodec()) as store:
        head = await store.head()
        while not seen or seen[-1].position < head:
            await asyncio.wait({following}, timeout=0.02)
            assert not following.done(), following.result()
    following.cancel()
    await asyncio.wait({following})
    return seen


async def stored(url: str) -> list[Recorded]:
    async with PostgresEventStore.open(url, NoteCodec()) as store:
        return list(await store.read_log(0, limit=10**6))


def faults_of(seen: Sequence[Recorded], acknowledged: set[UUID], log: Sequence[Recorded]) -> Counter[str]:
    """What is wrong, and how often. Of a store that keeps its promises: nothing."""
    faults: Counter[str] = Counter()
    ids = [event.event_id for event in seen]
    faults["seen twice"] = len(ids) - len(set(ids))
    faults["committed and never seen"] = len({event.event_id for event in log} - set(ids))
    faults["acknowledged and not stored"] = len(acknowledged - {event.event_id for event in log})
    last: dict[str, int] = {}
    for event in seen:
        faults["out of order in its stream"] += event.version <= last.get(event.stream, 0)
        last[event.stream] = event.version
    faults.update(finding.rule for finding in LogCheck(NoteCodec()).feed(log))
    in_streams = sorted((event.stream, event.version, event.position) for event in log)
    faults.update(finding.rule for finding in StreamCheck().feed(in_streams))
    return +faults


@pytest.mark.slow
async def test_every_committed_event_is_seen_once_and_in_order_whatever_happens_to_the_writers(
    fresh_store_url: str, tmp_path: Path
) -> None:
    seen, acknowledged = await storm(fresh_store_url, tmp_path)

    log = await stored(fresh_store_url)
    assert faults_of(seen, acknowledged, log) == {}
    assert len(log) >= EVENTS_WANTED
    assert len(acknowledged) > EVENTS_WANTED // 2
    hot = Counter(event.stream for event in log if event.stream.startswith("note-hot"))
    assert all(hot[stream] > 20 for stream in hot)
    assert len(hot) == 3


@pytest.mark.slow
async def test_with_numbers_of_a_sequence_and_no_lock_the_same_reader_loses_events(
    fresh_store_url: str, tmp_path: Path, take_out: Callable[..., None]
) -> None:
    take_out(fresh_store_url, "lock_log", ("PERFORM pg_advisory_xact_lock(7205321);", ""))
    take_out(
        fresh_store_url,
        "append_events",
        ("answer.base + row_number() OVER (ORDER BY e.n)", "nextval('naive')"),
    )
    _with_sequence(fresh_store_url)

    seen, acknowledged = await storm(fresh_store_url, tmp_path, 1500)

    faults = faults_of(seen, acknowledged, await stored(fresh_store_url))
    assert faults["committed and never seen"] > 0, faults


def _with_sequence(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE naive")
        connection.execute("GRANT USAGE ON SEQUENCE naive TO orderloom_service")
