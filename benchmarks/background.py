"""Processes of ours that work beside what is measured. What goes wrong there is said on stderr."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from benchmarks.freezable import Freezable
from benchmarks.worker import python_module


@asynccontextmanager
async def background(modules: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[None]:
    processes = [
        await asyncio.create_subprocess_exec(
            *python_module(module), env={**os.environ, **env}, stdout=asyncio.subprocess.DEVNULL
        )
        for module in modules
    ]
    try:
        yield
    finally:
        for process in processes:
            await Freezable(process).kill()
