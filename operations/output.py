"""What every command has in common when it speaks: results on stdout, remarks and errors on stderr.

- `--json` prints one JSON value on stdout and nothing else there, so that programs can read it
- `--quiet` leaves out remarks; results and errors stay
- colours and boxes appear in a terminal only; a pipe gets plain lines, each row of a table on one line
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]

WIDE = 10_000
"""Wider than any row, so that a pipe never sees a wrapped one."""


def stdout() -> Console:
    """A console for results, made anew because tests and pagers replace sys.stdout."""
    return _console(stderr=False)


def stderr() -> Console:
    return _console(stderr=True)


def show(sentence: str, *, style: str | None = None) -> None:
    """A result in words."""
    stdout().print(Text(sentence, style=style or ""), soft_wrap=True)


def remark(sentence: str, *, quiet: bool = False) -> None:
    """Something worth knowing that is not the result."""
    if not quiet:
        stderr().print(Text(sentence, style="dim"), soft_wrap=True)


def show_error(sentence: str) -> None:
    stderr().print(Text.assemble(("orders: ", "bold red"), sentence), soft_wrap=True)


def show_json(value: Any) -> None:
    """One JSON value; what JSON has no form for (a time, a UUID, a path) becomes its text."""
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def show_entry(head: str, body: str) -> None:
    """A line that is looked over, and below it what is read if it matters. In a pipe both are one line."""
    console = stdout()
    if console.is_terminal:
        console.print(Text(head, style="bold"), soft_wrap=True)
        console.print(Padding(Text(body), (0, 0, 0, 4)))
    else:
        typer.echo(f"{head} {body}")


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    console = stdout()
    if console.is_terminal:
        console.print(table(columns, rows, title=title))
    else:
        _print_plain([tuple(columns), *(tuple(_words(cell) for cell in row) for row in rows)])


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> Table:
    """A table whose cells are taken as they are: a `Text` keeps its style, markup in data has no effect."""
    made = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(_words(cell)) for cell in row))
    return made


def _words(cell: object) -> str:
    return "" if cell is None else str(cell)


def _print_plain(lines: Sequence[Sequence[str]]) -> None:
    """Columns by spaces and nothing behind the last word, as `cut`, `awk` and `diff` like it."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _console(*, stderr: bool) -> Console:
    found = Console(stderr=stderr, highlight=False)
    if not found.is_terminal:
        found.width = WIDE
    return found
