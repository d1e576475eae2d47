"""What a rebuild is given to work with: its ports, and whom it tells how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eventing.consuming import Mark, Partition
from projections.generations import Build
from projections.ports import Board, Desk, DocumentStore
from projections.replay_ports import Curtain, History, Lifecycle, Originals, Showing, Workbench

Step = Callable[[str, int, int | None], None]
"""What is done, how much of it, of how much."""
Say = Callable[[str], None]


class Opened(NamedTuple):
    """A build with what it is reached by."""

    build: Build
    store: DocumentStore
    desk: Desk

    def marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        return (self.store if self.store.keeps_marks else self.desk).marks(partitions)

    def close(self) -> None:
        self.store.close()
        self.desk.close()


@dataclass(frozen=True, slots=True)
class Outside:
    lifecycle: Lifecycle
    history: History
    originals: Originals
    showing: Showing
    curtain: Curtain
    workbench: Workbench
    board: Board
    open: Callable[[Build], Opened]
    demand: Callable[[], None]
    """Raises where another process has taken this work over."""
    step: Step = lambda _step, _done, _total: None
    say: Say = lambda _sentence: None
    sleep: Callable[[float], None] = time.sleep


def live_of(builds: Sequence[Build]) -> Build | None:
    return next((build for build in builds if build.state == "live"), None)
