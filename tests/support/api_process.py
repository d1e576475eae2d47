"""An API as a real process: it says where it answers, and ends in good order."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import IO

START_SECONDS = 60


@asynccontextmanager
async def api_process(
    *arguments: str, environment: Mapping[str, str], complaints: IO[bytes] | int
) -> AsyncIterator[tuple[Process, str]]:
    """The process of this module and where it answers. Should it not start, its complaints say why."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *arguments), env=environment, stdout=asyncio.subprocess.PIPE, stderr=complaints
    )
    try:
        assert process.stdout is not None
        address = (await asyncio.wait_for(process.stdout.readline(), START_SECONDS)).decode().strip()
        assert address.startswith("http://"), f"{arguments} did not start: {complaints}"
        yield process, address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), START_SECONDS)
