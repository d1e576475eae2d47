"""How whatever runs the whole platform is told to end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from operations.demo.stage import Stage


@contextmanager
def told_to_end(stage: Stage) -> Iterator[None]:
    """Ctrl-C, a closed terminal and a polite kill all mean: end, and leave nothing running.

    While steps are still being taken it is an interrupt like any other; the stack undoes what it has begun.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        if stage.ended.is_set():
            return
        stage.ended.set()
        raise KeyboardInterrupt

    known = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)
