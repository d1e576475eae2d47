"""Starts processes in one thread that lasts as long as this process.

They ask the kernel to end them with their parent, and by that Linux means the thread that has started them: what a
storm's thread starts would end with the storm.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")


def lastingly(start: Callable[[], T]) -> T:
    return _starter.submit(start).result()
