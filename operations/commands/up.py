"""`orders up`: the whole platform on this machine, to develop on and against."""

from __future__ import annotations

from typing import Annotated

import typer


def hang_in(root: typer.Typer) -> None:
    root.command("up")(up)


def up(
    reload: Annotated[bool, typer.Option("--reload", help="Start the services again when a source file changes.")] = (
        False
    ),
) -> None:
    """Run everything that the demo runs, without its orders and its show; Ctrl-C stops what it started."""
    from operations.demo.standing import run

    run(reload=reload)
