"""`orders crashpoints`: the places where a test can make a process die."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    root.command("crashpoints")(crashpoints)


def crashpoints(
    tally: Annotated[
        Path | None,
        typer.Option(
            help="A file that processes counted in (ORDERS_CRASH_POINT_TALLY): adds how often each was passed."
        ),
    ] = None,
    json: output.Json = False,
) -> None:
    """List the places where a test can make a process die, and what would be lost there without its mechanism.

    ORDERS_CRASH_POINT=NAME:PASS with ORDERS_ENVIRONMENT=test makes it die; in any other environment it is refused.
    """
    from eventing.crash_point_register import CRASH_POINTS
    from eventing.crash_points import read_tally
    from eventing.errors import Misconfigured

    if tally is not None and not tally.is_file():
        raise Misconfigured(f"There is no {tally}: name the file that ORDERS_CRASH_POINT_TALLY named.")
    counts = read_tally(tally) if tally is not None else {}
    if json:
        output.show_json(
            [
                {"name": name, **point._asdict(), **(counts[name]._asdict() if counts else {})}
                for name, point in sorted(CRASH_POINTS.items())
            ]
        )
        return
    for name, point in sorted(CRASH_POINTS.items()):
        counted = f"  passed {counts[name].passed:,}, died {counts[name].died:,}" if counts else ""
        output.show_entry(
            f"{name}{counted}  {', '.join(point.where)}", f"{point.state} Without: {_small(point.without)}"
        )
    if counts:
        passed, died = (sum(bool(getattr(count, what)) for count in counts.values()) for what in ("passed", "died"))
        output.show(f"{len(CRASH_POINTS)} crash points, {passed} passed, {died} died at.")
    else:
        output.show(f"{len(CRASH_POINTS)} crash points.")


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
