"""A server process on a free port, up when it answers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx

from benchmarks.contest import WrongResultError
from benchmarks.words import FILE, words

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30


def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


@asynccontextmanager
async def serving(
    argv: Sequence[str], port: int, health: str, env: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    with words() as file:
        process = await asyncio.create_subprocess_exec(
            *argv, env={**os.environ, **(env or {})}, stdout=asyncio.subprocess.DEVNULL, stderr=file
        )
    try:
        await answering(f"http://{HOST}:{port}{health}", process)
        yield port
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def answering(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(PATIENCE_SECONDS * 20):
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                if process.returncode is not None:
                    break
            await asyncio.sleep(0.05)
    raise WrongResultError(f"the server behind {url} did not come up: its words are in {FILE}.")
