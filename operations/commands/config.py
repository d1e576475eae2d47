"""`orders config`: the settings in force, and all that there are."""

from __future__ import annotations

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="config", help="Show the settings in force, and all that there are.", no_args_is_help=True)
    group.command("show")(show)
    group.command("list")(list_all)
    root.add_typer(group)


def show(json: output.Json = False) -> None:
    """Show each setting's value, secrets masked, and where it comes from."""
    from operations.configuration import settings_in_force

    lines = settings_in_force()
    if json:
        output.show_json({line.variable: {"value": line.value, "from": line.origin} for line in lines})
    else:
        output.show_table(("setting", "value", "from"), [(line.variable, line.value, line.origin) for line in lines])


def list_all(json: output.Json = False) -> None:
    """List every setting with its default and what it means; reads no environment."""
    from operations.configuration import every_setting

    lines = every_setting()
    if json:
        output.show_json(
            {line.variable: {"default": line.default, "secret": line.secret, "means": line.means} for line in lines}
        )
    else:
        output.show_table(("setting", "default", "what it means"), [line[:3] for line in lines])
