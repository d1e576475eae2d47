"""What the steps of the demo share, and how they follow each other."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from eventing.settings import Settings
from operations.demo.board import Board
from operations.demo.screen import Screen
from operations.resolve import PLACES


@dataclass(slots=True)
class Stage:
    settings: Settings
    screen: Screen
    board: Board = field(default_factory=Board)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def logs(self) -> Path:
        return self.settings.stack_dir / "demo"

    def environment(self) -> dict[str, str]:
        """For child processes: they find what this process has found, wherever it came from."""
        given = dict(os.environ)
        for place in PLACES:
            address = place.address(self.settings)
            given.pop(f"{place.variable}_FILE", None)
            given[place.variable] = address.get_secret_value() if place.secret else str(address)  # type: ignore[attr-defined]
        return given


Step = Callable[[Stage], AbstractContextManager[None]]
"""Does something and, when the demo ends, undoes it."""


def play(steps: Sequence[Step], stage: Stage, until: Callable[[Stage], None]) -> None:
    """Steps are undone in the opposite order, however it ends."""
    with ExitStack() as undone:
        for step in steps:
            undone.enter_context(step(stage))
        until(stage)
