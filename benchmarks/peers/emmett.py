"""Emmett's PostgreSQL event store, the ordered store that stands nearest to ours, under Node where there is one."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.bench import BUILD, Bench
from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.worker import Worker, worker

NAME = "Emmett's PostgreSQL store"
PACKAGE = "@event-driven-io/emmett-postgresql"
VERSION = "0.42.0"
FOLDER = BUILD / "emmett"
PROGRAM = Path(__file__).with_name("emmett.mjs")
COUNT = "SELECT count(*) FROM emt_messages"


@asynccontextmanager
async def contenders(
    bench: Bench, database_url: str, data: dict[str, Any], in_flight: tuple[int, ...]
) -> AsyncIterator[Sequence[Contender]]:
    """None at all, and the reason told, where it can't be had."""
    reason = await install()
    if reason is not None:
        bench.skip(NAME, reason)
        yield []
        return
    acknowledged = 0

    def contender(store: Worker, count: int) -> Contender:
        async def run(seconds: float) -> Sample:
            nonlocal acknowledged
            sample = await store.sample(seconds=seconds, in_flight=count)
            acknowledged += sample.events
            return sample

        return Contender(f"{NAME}, {count} in flight", run, check)

    async def check() -> None:
        with psycopg.connect(database_url) as connection:
            stored = connection.execute(COUNT).fetchall()[0][0]
        if stored != acknowledged:
            raise WrongResultError(f"{NAME}: {acknowledged} appends were acknowledged, {stored} are stored.")

    given = {"STORE_URL": database_url, "EVENT_DATA": json.dumps(data)}
    async with worker(NAME, "node", PROGRAM.name, cwd=FOLDER, env=given) as store:
        yield [contender(store, count) for count in in_flight]


async def install() -> str | None:
    """The package by name and version into build/, once. The answer is the reason why it can't be had, if it can't."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "there is no Node with npm on this machine"
    FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROGRAM, FOLDER)  # a module finds its packages from where it lies
    if (FOLDER / "node_modules" / PACKAGE / "package.json").exists():
        return None
    (FOLDER / "package.json").write_text('{"private": true}\n')
    process = await asyncio.create_subprocess_exec(
        "npm", "install", "--silent", "--no-audit", "--no-fund", f"{PACKAGE}@{VERSION}",
        cwd=FOLDER, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, complaints = await process.communicate()
    if process.returncode:
        return f"npm could not install {PACKAGE}: {complaints.decode().strip()[-200:]}"
    return None
