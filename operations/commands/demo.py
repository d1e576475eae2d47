"""`orders demo`: the platform's main job, to look at."""

from __future__ import annotations

from typing import Annotated

import typer


def hang_in(root: typer.Typer) -> None:
    root.command("demo")(demo)


def demo(
    seconds: Annotated[
        float | None, typer.Option(envvar="DEMO_SECONDS", min=0, help="End by itself after so many seconds.")
    ] = None,
) -> None:
    """Run everything on this machine and show orders on their way; Ctrl-C stops what it started."""
    from operations.demo.run import run

    run(seconds)
