"""`orders participant`: the processes of the saga."""

from __future__ import annotations

from typing import Annotated

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    root.command("participant")(participant)


def participant(
    names: Annotated[
        list[str], typer.Argument(help="inventory, payment, shipping, order, watchdog; several of them, or all.")
    ],
    quiet: output.Quiet = False,
) -> None:
    """Run participants of the saga until Ctrl-C or SIGTERM; any number of each may run.

    What is being handled then is finished first, and open questions to the outside may still be answered for a while.
    """
    from operations.resolve import resolved_settings
    from saga_choreography.wiring import chosen, run

    chosen(names)

    def announce(address: str) -> None:
        output.show(address)
        output.remark(f"It runs; {address}/readyz says how it is.", quiet=quiet)

    run(resolved_settings(["postgres", "kafka"]), names, announce)
