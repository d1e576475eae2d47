"""HTTP load from a process of its own (`python -m benchmarks.http.load`), and the harness' handle on it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any, NamedTuple

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


@dataclass(frozen=True, slots=True)
class Questions:
    """Requests that are ready to be sent, one after the other and then from the beginning."""

    name: str
    host: str
    port: int
    requests: Sequence[str]
    expects: str = ""
    """What stands in every right answer."""


class HttpLoad:
    def __init__(self, process: Worker) -> None:
        self._process = process

    async def aim(self, target: Target | Questions) -> None:
        await self._process.ask("aim", **asdict(target))

    async def closed(self, target: Target | Questions, connections: int, seconds: float) -> Sample:
        return sample_of(
            target, await self._process.ask("closed", name=target.name, connections=connections, seconds=seconds)
        )

    async def open(self, target: Target, connections: int, seconds: float, rate: float) -> Sample:
        asked = {"name": target.name, "connections": connections, "seconds": seconds, "rate": rate}
        return sample_of(target, await self._process.ask("open", **asked))


def sample_of(target: Target | Questions, answer: dict[str, Any]) -> Sample:
    if answer["failure"]:
        raise WrongResultError(f"{target.name} answered: {answer['failure']}")
    return Sample(answer["events"], answer["seconds"], answer["latencies"])


@asynccontextmanager
async def http_load() -> AsyncIterator[HttpLoad]:
    async with worker("the HTTP load", *python_module(__name__)) as process:
        yield HttpLoad(process)


class Aim(NamedTuple):
    host: str
    port: int
    source: Iterator[bytes]
    expects: bytes


async def answer_requests() -> None:
    aims: dict[str, Aim] = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer = await act(aims, json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def aim_at(asked: dict[str, Any]) -> Aim:
    host, port = asked["host"], asked["port"]
    if ready := asked.get("requests"):
        source: Iterator[bytes] = cycle([request.encode() for request in ready])
    else:
        source = requests(f"{host}:{port}", asked["path"], asked["bodies"], asked["tokens"])
    return Aim(host, port, source, asked.get("expects", "").encode())


async def act(aims: dict[str, Aim], asked: dict[str, Any]) -> dict[str, Any]:
    if asked["do"] == "aim":
        aims[asked["name"]] = aim_at(asked)
        return {}
    aim, seconds = aims[asked["name"]], asked["seconds"]
    stretch: Stretch
    if asked["do"] == "open":
        stretch = Open(aim.source, seconds, asked["rate"], expects=aim.expects)
    else:
        stretch = Closed(aim.source, seconds, expects=aim.expects)
    connections = await connect(aim.host, aim.port, asked["connections"], stretch.answered)
    try:
        return await stretch.run(connections)
    finally:
        for connection in connections:
            connection.close()


if __name__ == "__main__":
    uvloop.run(answer_requests())
