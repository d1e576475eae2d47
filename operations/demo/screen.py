"""Where the demo shows itself: live in a terminal, as plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from operations import output
from operations.demo.board import Board

SECONDS_BETWEEN_LINES: Final = 5.0


class Screen:
    """Plain lines: one for each thing that happens, and figures every few seconds."""

    def __init__(self) -> None:
        self._next_line = 0.0

    def say(self, sentence: str) -> None:
        output.show(sentence)

    @contextmanager
    def showing(self, board: Board) -> Iterator[None]:  # noqa: ARG002
        yield

    def refresh(self, board: Board) -> None:
        if time.monotonic() < self._next_line:
            return
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
        if board.commands:
            commands, events = board.counts()
            placed, seen = commands.get("order placed", 0), sum(events.values())
            flow = f"{placed} orders placed, {board.stored} events stored, {seen} seen in Kafka, lag {board.lag}"
            ways = ", ".join(f"{count} {state}" for state, count in board.orders_by_state())
            self.say(f"{flow}; {ways}" if ways else flow)

    def sum_up(self, board: Board) -> None:
        commands, events = board.counts()
        output.show_table(("commands", ""), sorted(commands.items()))
        output.show_table(("events through Kafka", ""), sorted(events.items()))
        output.show_table(("orders", ""), board.orders_by_state())


class TerminalScreen(Screen):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._live: Live | None = None

    @contextmanager
    def showing(self, board: Board) -> Iterator[None]:
        whole = picture(board)
        with Live(whole, console=self._console, refresh_per_second=4, vertical_overflow="crop") as self._live:
            yield
        self._live = None

    def refresh(self, board: Board) -> None:
        if self._live:
            self._live.update(picture(board))


def screen() -> Screen:
    console = output.stdout()
    return TerminalScreen(console) if console.is_terminal else Screen()


def picture(board: Board) -> RenderableType:
    """What matters most stands at the top: a low window cuts off the end."""
    commands, _ = board.counts()
    if not commands:
        return Text("Ctrl-C ends it.", style="dim")
    views = "" if board.projection_lag is None else f" Read models: {board.projection_lag} events behind."
    flow = f"{board.stored} events stored, {board.published} published, {board.lag} on their way.{views}"
    tables = [
        output.table(("orders", ""), board.orders_by_state()),
        _counts("commands", commands),
    ]
    return Group(
        Text.assemble(flow, ("  Ctrl-C ends it.", "dim")),
        Text(board.scene, style="bold"),
        Columns(tables, padding=(0, 2)),
        *(Text(f"  {line}", style="dim", overflow="ellipsis", no_wrap=True) for line in list(board.happenings)),
    )


def _counts(title: str, counts: dict[str, int]) -> Table:
    return output.table((title, ""), sorted(counts.items()))
