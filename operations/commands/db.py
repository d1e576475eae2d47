"""`orders db`: the tables and functions of the platform in PostgreSQL."""

from __future__ import annotations

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="db", help="The platform's tables in PostgreSQL.", no_args_is_help=True)
    group.command("upgrade")(upgrade)
    group.command("status")(status)
    root.add_typer(group)


def upgrade(json: output.Json = False, quiet: output.Quiet = False) -> None:
    """Bring the database up to date. Safe to run again, and from several places at once."""
    from eventing.postgres import migrating
    from operations.event_store import postgres_url
    from operations.migrations import locations

    applied = migrating.upgrade(postgres_url(), locations())
    if json:
        output.show_json({"applied": list(applied)})
    elif applied:
        output.show(f"Applied {', '.join(applied)}.")
    else:
        output.remark("Nothing to do: the database is up to date.", quiet=quiet)


def status(json: output.Json = False) -> int:
    """Say which migrations are applied and which are missing; exit status 1 if any is."""
    from eventing.postgres import migrating
    from operations.event_store import postgres_url
    from operations.migrations import locations

    state = migrating.state(postgres_url(), locations())
    if json:
        output.show_json({"applied": sorted(state.applied), "missing": list(state.missing)})
    else:
        rows = [(revision, "applied") for revision in sorted(state.applied)]
        output.show_table(("migration", "state"), rows + [(revision, "missing") for revision in state.missing])
        if state.missing:
            output.remark("Run `orders db upgrade`.")
    return 1 if state.missing else 0
