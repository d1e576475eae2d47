"""`orders projections`: how fresh the read models are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from operations import output

if TYPE_CHECKING:
    from operations.projection_status import ProjectionStatus


HELP: Final = "See how fresh the read models are, compare them with the log, and fold them anew."
"""Of the group, which other files of this folder hang in as well."""


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="projections", help=HELP, no_args_is_help=True)
    group.command("list")(list_projections)
    root.add_typer(group)


def list_projections(json: output.Json = False) -> int:
    """Say of each build of each read model how far it is; exit status 1 if a live one is not kept fresh."""
    from operations.projection_status import read_projections
    from operations.resolve import resolved_settings

    found = read_projections(resolved_settings(["postgres", "kafka"]))
    if json:
        output.show_json([one._asdict() for one in found])
    else:
        _show(found)
    return 0 if all(one.is_well for one in found) else 1


def _show(found: list[ProjectionStatus]) -> None:
    output.show_table(
        ("model", "build", "shown", "state", "position", "head", "lag", "rate", "parked", "last error"),
        [
            (
                one.model,
                one.build or "none",
                one.shown,
                one.state,
                "unknown" if one.position is None else one.position,
                one.head,
                "unknown" if one.lag_events is None else f"{one.lag_events} events, {one.lag_seconds:.1f} s",
                f"{one.rate:.0f} events/s",
                one.parked,
                f"{one.last_error_at:%Y-%m-%d %H:%M:%S} UTC: {one.last_error}" if one.last_error_at else "none",
            )
            for one in found
        ],
    )
