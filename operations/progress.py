"""Long work as people see it: bars with rate and time to go in a terminal, a line now and then anywhere else."""

from __future__ import annotations

import time
from typing import Final, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from operations import output

LINE_SECONDS: Final = 5.0
"""Between two lines of one step, where no terminal is."""


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


class Steps:
    def __init__(self, *, quiet: bool) -> None:
        console = output.stderr()
        self._is_plain = not quiet and not console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, tuple[float, int]] = {}
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, step: str, done: int, total: int | None) -> None:
        if self._is_plain:
            self._say(step, done, total)
            return
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, total=total)
        self._progress.update(self._tasks[step], completed=done, total=total)

    def _say(self, step: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        began, first = self._began.setdefault(step, (now, done))
        if step not in self._said and total is None:
            output.remark(f"{step} …")
        elif now - self._said.get(step, now) >= LINE_SECONDS:
            output.remark(line(step, done, total, (done - first) / max(now - began, 0.001)))
        else:
            self._said.setdefault(step, now)
            return
        self._said[step] = now


def line(step: str, done: int, total: int | None, rate: float) -> str:
    if total is None:
        return f"{step} …"
    togo = f", {(total - done) / rate:,.0f} s to go" if rate > 0 else ""
    return f"{step}: {done:,} of {total:,}, {rate:,.0f}/s{togo}"
