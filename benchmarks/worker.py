"""A contender in a process of its own, asked over a pipe: a line of JSON in, a line of JSON out.

Its start is not part of the measured stretch, and its threads and its garbage are not ours. The other end is
`serve` in Python, or any program that keeps the same manners (Emmett's is in JavaScript).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.contest import Sample, WrongResultError

ONE_ANSWER = 64 * 2**20  # a stretch's latencies come as one line
PATIENCE = 120.0


class Worker:
    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self._process = process
        self._name = name

    async def ask(self, what: str, **details: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **details}).encode() + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        if not line:
            raise WrongResultError(f"{self._name} ended with status {await self._process.wait()}: its words are above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def sample(self, what: str = "run", **details: Any) -> Sample:
        answer = await self.ask(what, **details)
        return Sample(answer["events"], answer["seconds"], answer.get("latencies", ()))


@asynccontextmanager
async def worker(
    name: str, *argv: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> AsyncIterator[Worker]:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=ONE_ANSWER,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )
    try:
        yield Worker(process, name)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def python_module(module: str, *arguments: str) -> Sequence[str]:
    return (sys.executable, "-m", module, *arguments)


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The worker's side: until the pipe closes, which it does when the asker dies too."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
