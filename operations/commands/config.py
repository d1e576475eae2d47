"""`orders config show`: every setting with its value, masked where secret, and where it comes from."""

from __future__ import annotations

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="config", help="The settings in force.", no_args_is_help=True)
    group.command("show")(show)
    root.add_typer(group)


def show(json: output.Json = False) -> None:
    """Show every setting, its value (secrets masked) and where it comes from."""
    from eventing.settings import Settings

    output.show_json(Settings().model_dump(mode="json"))
