"""`orders api`: the HTTP services of the platform."""

from __future__ import annotations

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="api", help="Run an HTTP API of the platform.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("commands")(commands)
    group.command("queries")(queries)
    root.add_typer(group)


def commands(quiet: output.Quiet = False) -> None:
    """Run the write API until Ctrl-C: orders, products and stock. ORDERS_COMMAND_API__PORT says where."""
    from command_service.wiring import run
    from operations.resolve import resolved_settings

    def announce(address: str) -> None:
        output.show(address)
        output.remark(f"The write API answers there; its documentation is at {address}/docs.", quiet=quiet)

    run(resolved_settings(["postgres", "redis"]), announce)


def queries(quiet: output.Quiet = False) -> None:
    """Run the query API until Ctrl-C: what the read models show. ORDERS_QUERY_API__PORT says where."""
    from operations.resolve import resolved_settings
    from projections.query_api.wiring import run

    def announce(address: str) -> None:
        output.show(address)
        output.remark(f"The query API answers there; its documentation is at {address}/docs.", quiet=quiet)

    run(resolved_settings(["postgres", "kafka", "elasticsearch", "redis"]), announce)
