"""`orders outside`: a payment provider and a carrier to try the platform against, with faults on demand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from operations import output

if TYPE_CHECKING:
    from eventing.settings import Settings

Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Where to listen; the port of the settings' URL, or a free one.")
]
Host = Annotated[str, typer.Option(help="The address to listen at; it asks nobody who they are.")]
LedgerFile = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Where it writes what happened; in the stack's folder if not given.")
]


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(
        name="outside",
        help="Run a payment provider or a carrier, for demonstrations and tests.",
        epilog="Faults: `curl -X PUT ADDRESS/faults -d …`; docs/outside-world.md lists them.",
        no_args_is_help=True,
    )
    group.callback()(lambda: None)
    group.command("payments")(payments)
    group.command("carrier")(carrier)
    root.add_typer(group)


def payments(
    port: Port = None,
    host: Host = "127.0.0.1",
    ledger: LedgerFile = None,
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> None:
    """Run a payment provider until Ctrl-C: it takes money and gives it back, once a key, and writes all of it down."""
    _run("payments", port, host, ledger, json=json, quiet=quiet)


def carrier(
    port: Port = None,
    host: Host = "127.0.0.1",
    ledger: LedgerFile = None,
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> None:
    """Run a carrier until Ctrl-C: it books parcels and voids labels, once a key, and writes all of it down."""
    _run("carrier", port, host, ledger, json=json, quiet=quiet)


def _run(service: str, port: int | None, host: str, ledger: Path | None, *, json: bool, quiet: bool) -> None:
    from eventing.settings import read_settings
    from outside_world.wiring import run

    settings = read_settings()

    def announce(where: dict[str, str]) -> None:
        if json:
            output.show_json(where)
        else:
            output.show(where["address"])
        output.remark(f"It writes what happens to {where['ledger']}.", quiet=quiet)
        output.remark(f"What shall go wrong: curl -X PUT {where['address']}/faults …", quiet=quiet)

    file = ledger or settings.stack_dir / "outside" / f"{service}.sqlite"
    run(service, file, announce, port=_port(settings, service) if port is None else port, host=host)


def _port(settings: Settings, service: str) -> int:
    """Where the platform will ask, if that is on this machine."""
    from urllib.parse import urlsplit

    given = settings.payments if service == "payments" else settings.carrier
    if given.url is None:
        return 0
    parts = urlsplit(given.url.get_secret_value())
    return parts.port or 0 if parts.hostname in ("127.0.0.1", "localhost") else 0
