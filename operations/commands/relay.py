"""`orders relay`: publish the log to Kafka, see how that goes, tune it while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from operations import output

if TYPE_CHECKING:
    from operations.relay_status import RelayStatus


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="relay", help="Publish every event to Kafka; any number may run, one leads.")
    group.callback(invoke_without_command=True)(relay)
    group.command("status")(status)
    group.command("set")(tune)
    root.add_typer(group)


def relay(context: typer.Context, quiet: output.Quiet = False) -> None:
    """Run a relay until Ctrl-C or SIGTERM; then what is under way arrives, and another one may lead at once."""
    if context.invoked_subcommand is not None:
        return
    from operations.resolve import resolved_settings
    from outbox_relay.wiring import run

    def announce(address: str) -> None:
        output.show(address)
        output.remark(f"The relay runs; {address}/readyz says how it is.", quiet=quiet)

    run(resolved_settings(["postgres", "kafka"]), announce)


def status(json: output.Json = False) -> int:
    """Say who leads, how far the checkpoint is behind and what went wrong last; exit status 1 if nobody leads."""
    from operations.relay_status import read_status

    found = read_status(_url())
    if json:
        output.show_json(found._asdict())
    else:
        _show(found)
    return 0 if found.leader else 1


def tune(
    linger_ms: Annotated[
        float | None, typer.Option(min=0, max=1000, help="Milliseconds to wait for a fuller batch to Kafka.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, max=100_000, help="Events read from the log at a time.")] = None,
    default: Annotated[bool, typer.Option("--default", help="Back to what each relay was started with.")] = False,
    quiet: output.Quiet = False,
) -> None:
    """Change settings of the relay that leads, within a second and without a restart."""
    from eventing.errors import Misconfigured
    from operations.relay_status import set_tuning

    if not default and linger_ms is None and batch is None:
        raise Misconfigured("There is nothing to set: give --linger-ms, --batch or --default.")
    set_tuning(_url(), linger_ms=linger_ms, batch=batch, default=default)
    output.remark("Set: the relay that leads takes it up within a second.", quiet=quiet)


def _show(found: RelayStatus) -> None:
    output.show_table(
        ("", "relay"),
        [
            ("leader", found.leader or "nobody leads: start one with `orders relay`"),
            ("epoch", found.epoch),
            ("checkpoint", f"{found.checkpoint} of {found.head}"),
            ("lag", f"{found.lag_events} events, {found.lag_seconds:.1f} s"),
            ("rate", f"{found.rate:.0f} events/s"),
            (
                "last error",
                f"{found.last_error_at:%Y-%m-%d %H:%M:%S} UTC: {found.last_error}" if found.last_error else "none",
            ),
            ("linger", "as started" if found.linger_ms is None else f"{found.linger_ms:g} ms"),
            ("batch", "as started" if found.batch is None else f"{found.batch} events"),
        ],
    )


def _url() -> str:
    from operations.resolve import resolved_settings

    url = resolved_settings(["postgres"]).postgres.url
    assert url is not None
    return url.get_secret_value()
