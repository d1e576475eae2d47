"""Shows how far the local stack is: bars and a table in a terminal, a line an event elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from operations import output

if TYPE_CHECKING:
    from local_stack.progress import Step

SAID = {
    "waiting": "another `orders stack` command is at work here; waiting for it …",
    "unpacking": "unpacking …",
    "starting": "starting …",
    "running": "already runs",
    "stopping": "stopping …",
}
BETWEEN_LINES_SECONDS = 2.0


class StackProgress:
    """Called from several threads: Rich takes care of that for the bars, and a line is written at once."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._done: dict[str, tuple[int, int]] = {}
        self._begun = time.monotonic()
        self._last_line = self._begun
        self._ready: list[Step] = []

    @property
    def found_all(self) -> bool:
        """Whether there was nothing to start."""
        return bool(self._ready) and all(step.state == "running" for step in self._ready)

    def __enter__(self) -> Self:
        console = output.stderr()
        if console.is_terminal and not self._quiet:
            columns = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
            self._bars = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                *columns,
                console=console,
                transient=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def __call__(self, step: Step) -> None:
        if step.state in ("running", "ready"):
            self._ready.append(step)
        if step.state == "fetching":
            self._fetching(step)
        else:
            if self._bars:
                self._bars.stop()
            self._say(f"{step.subject}: {SAID.get(step.state) or f'{step.state} after {step.seconds:.1f} s'}")

    def _fetching(self, step: Step) -> None:
        self._done[step.subject] = (step.done, step.total)
        done = sum(done for done, _ in self._done.values())
        total = sum(total for _, total in self._done.values())
        if self._bars:
            self._bars.start()
            if self._task is None:
                self._task = self._bars.add_task("fetching the servers", total=total)
            self._bars.update(self._task, completed=done, total=total)
        elif done == total or time.monotonic() - self._last_line > BETWEEN_LINES_SECONDS:
            self._fetching_line(done, total)

    def _fetching_line(self, done: int, total: int) -> None:
        self._last_line = time.monotonic()
        rate = done / max(self._last_line - self._begun, 0.1)
        left = (total - done) / rate if rate else 0
        self._say(f"fetching: {done / 1e6:.0f} of {total / 1e6:.0f} MB, {rate / 1e6:.1f} MB/s, {left:.0f} s left")

    def _say(self, line: str) -> None:
        if self._bars:
            self._bars.console.print(line, style="dim", highlight=False)
        else:
            output.remark(line, quiet=self._quiet)
