"""How a worker is told to stop: the first SIGTERM or Ctrl-C asks it to finish, a second one ends it at once."""

from __future__ import annotations

import os
import signal
from threading import Event
from types import FrameType

from eventing.web.health import Health


def stop_at_signals(stop: Event, health: Health) -> None:
    """From the first signal on `/readyz` says no, so that nobody waits for this process any more."""

    def ask_to_stop(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        health.draining = True
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
