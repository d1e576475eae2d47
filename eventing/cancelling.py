"""Ending tasks for good. A cancellation can be swallowed by what a task waits in: until Python 3.12 `asyncio.wait_for`
does so where what it waits for comes about at that very moment. Then the task goes on for ever, and so would whoever
waits for its end. So nothing of ours uses that, and what others do is cancelled until it has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

AGAIN_SECONDS: Final = 3.0
"""Long enough for whoever cleans up behind itself."""


async def cancelled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Returns when all have ended, however they did."""
    all_of_them = set(tasks)
    pending = {task for task in all_of_them if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
    await asyncio.gather(*all_of_them, return_exceptions=True)  # what they failed with is of no interest any more
