"""HTTP load from a process of its own (`python -m benchmarks.http.load`), and the harness' handle on it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from benchmarks.contest import Sample, WrongResultError
from benchmarks.http.connection import connect
from benchmarks.http.requests import requests
from benchmarks.http.stretch import Closed, Open, Stretch
from benchmarks.worker import Worker, python_module, worker


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    host: str
    port: int
    path: str
    bodies: Sequence[str]
    tokens: Sequence[str]


class HttpLoad:
    def __init__(self, process: Worker) -> None:
        self._process = process

    async def aim(self, target: Target) -> None:
        await self._process.ask("aim", **asdict(target))

    async def closed(self, target: Target, connections: int, seconds: float) -> Sample:
        return sample_of(
            target, await self._process.ask("closed", name=target.name, connections=connections, seconds=seconds)
        )

    async def open(self, target: Target, connections: int, seconds: float, rate: float) -> Sample:
        asked = {"name": target.name, "connections": connections, "seconds": seconds, "rate": rate}
        return sample_of(target, await self._process.ask("open", **asked))


def sample_of(target: Target, answer: dict[str, Any]) -> Sample:
    if answer["failure"]:
        raise WrongResultError(f"{target.name} answered: {answer['failure']}")
    return Sample(answer["events"], answer["seconds"], answer["latencies"])


@asynccontextmanager
async def http_load() -> AsyncIterator[HttpLoad]:
    async with worker("the HTTP load", *python_module(__name__)) as process:
        yield HttpLoad(process)


async def answer_requests() -> None:
    aims: dict[str, tuple[str, int, Iterator[bytes]]] = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer = await act(aims, json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


async def act(aims: dict[str, tuple[str, int, Iterator[bytes]]], asked: dict[str, Any]) -> dict[str, Any]:
    if asked["do"] == "aim":
        host, port = asked["host"], asked["port"]
        aims[asked["name"]] = (host, port, requests(f"{host}:{port}", asked["path"], asked["bodies"], asked["tokens"]))
        return {}
    host, port, source = aims[asked["name"]]
    seconds = asked["seconds"]
    stretch: Stretch = Open(source, seconds, asked["rate"]) if asked["do"] == "open" else Closed(source, seconds)
    connections = await connect(host, port, asked["connections"], stretch.answered)
    try:
        return await stretch.run(connections)
    finally:
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    uvloop.run(answer_requests())
