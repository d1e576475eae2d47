"""Processes of ours that work beside what is measured."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from benchmarks.freezable import Freezable
from benchmarks.words import words
from benchmarks.worker import python_module


@asynccontextmanager
async def background(modules: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[None]:
    with words() as file:
        processes = [
            await asyncio.create_subprocess_exec(
                *python_module(module), env={**os.environ, **env}, stdout=asyncio.subprocess.DEVNULL, stderr=file
            )
            for module in modules
        ]
    try:
        yield
    finally:
        for process in processes:
            await Freezable(process).kill()
