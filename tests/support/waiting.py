"""Waiting for a state instead of for a time. The bounds are for what never comes about; all is well long before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

PATIENCE = 90.0


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> float:
    """Looks again and again; says how long it took. A database that is away has not come to it yet."""
    began = time.monotonic()
    while True:
        with suppress(psycopg.OperationalError):
            if condition():
                return time.monotonic() - began
        assert time.monotonic() - began < seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.01)


async def until_soon(condition: Callable[[], Any], what: str) -> None:
    """The same for a test whose own loop has to go on meanwhile."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:g} s: {what}"
        await asyncio.sleep(0.01)
