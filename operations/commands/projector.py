"""`orders projector`: keep read models fresh."""

from __future__ import annotations

from typing import Annotated

import typer

from operations import output

Models = Annotated[
    list[str] | None, typer.Argument(metavar="[MODEL]...", help="Which read models; all of them if none is named.")
]


def hang_in(root: typer.Typer) -> None:
    root.command("projector")(projector)


def projector(models: Models = None, quiet: output.Quiet = False) -> None:
    """Fold events into read models until Ctrl-C or SIGTERM; any number of processes share the work."""
    from operations.resolve import resolved_settings
    from projections.read_model import models_named
    from projections.wiring import read_models, run

    wanted = [model.name for model in models_named(read_models(), models or [])]

    def announce(address: str) -> None:
        output.show(address)
        output.remark(f"Keeps {', '.join(wanted)} fresh; {address}/readyz says how they are.", quiet=quiet)

    run(resolved_settings(["postgres", "kafka", "redis", "elasticsearch"]), wanted, announce)
