"""`orders parked …`: what a consumer could not handle, and what shall become of it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from operations import output

if TYPE_CHECKING:
    from eventing.parking import Choice, Waiting
    from eventing.postgres.parked_desk import ParkedDesk

Number = Annotated[int | None, typer.Argument(help="One parked event, by its number.")]
OfConsumer = Annotated[str | None, typer.Option("--consumer", help="Of this consumer only.")]
OfKey = Annotated[str | None, typer.Option("--key", help="Of this key only, such as an order's id.")]
OfType = Annotated[str | None, typer.Option("--type", help="Events of this type only.")]
OfCause = Annotated[str | None, typer.Option("--cause", help="With this cause only, by its code.")]
All = Annotated[bool, typer.Option("--all", help="All that are parked.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what it would be.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the decision.")]


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(
        name="parked",
        help="Events that a consumer could not handle. They wait, with all later ones of their key; other keys flow.",
        no_args_is_help=True,
    )
    group.command("list")(show_list)
    group.command("show")(show_one)
    group.command("retry")(retry)
    group.command("discard")(discard)
    root.add_typer(group)


def show_list(
    consumer: OfConsumer = None,
    key: OfKey = None,
    event_type: OfType = None,
    cause: OfCause = None,
    json: output.Json = False,
) -> None:
    """List what is parked, in the order in which it will be tried."""
    from eventing.parking import Choice

    with _desk() as desk:
        _show(desk.list(Choice(None, consumer, key, event_type, cause)), json=json)


def show_one(number: Annotated[int, typer.Argument(help="Its number.")], json: output.Json = False) -> None:
    """Show one parked event: why it is parked, its headers, and what it says."""
    from operations.parked_message import described

    with _desk() as desk:
        waiting, message = desk.list(_choice(number)), desk.message(number)
    if not waiting or message is None:
        raise _not_parked(number)
    described_message = described(message)
    if json:
        output.show_json({**waiting[0]._asdict(), **described_message})
    else:
        output.show_table(("", "parked event"), [*waiting[0]._asdict().items(), *described_message.items()])


def retry(
    number: Number = None,
    consumer: OfConsumer = None,
    key: OfKey = None,
    event_type: OfType = None,
    cause: OfCause = None,
    everything: All = False,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> None:
    """Have parked events tried again, each key in order; a key stops at the first one that fails again.

    What stands before a chosen event under the same key is tried first.
    """
    from eventing.parking import Decision

    choice = _choice(number, consumer, key, event_type, cause, everything=everything)
    with _desk() as desk:
        if dry_run:
            _show(desk.reached(choice), json=json)
            return
        asked = desk.retry(choice, Decision(getpass.getuser(), reason))
    _demand_some(asked, number)
    if json:
        output.show_json({"asked": asked})
    else:
        output.show(f"{asked} parked {_events(asked)} tried again.")
        output.remark(
            "Their consumers do it within a second or so; `orders parked list` shows what stays.", quiet=quiet
        )


def discard(
    number: Number = None,
    consumer: OfConsumer = None,
    key: OfKey = None,
    event_type: OfType = None,
    cause: OfCause = None,
    everything: All = False,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: output.Json = False,
) -> None:
    """Never handle these parked events. The reason is kept for ever; the events stay in the event store."""
    from eventing.errors import Misconfigured
    from eventing.parking import Decision

    choice = _choice(number, consumer, key, event_type, cause, everything=everything)
    if not dry_run and not reason.strip():
        raise Misconfigured("Say why with --reason: whoever looks at this order later will ask.")
    with _desk() as desk:
        if dry_run:
            _show(desk.list(choice), json=json)
            return
        gone = desk.discard(choice, Decision(getpass.getuser(), reason))
    _demand_some(gone, number)
    if json:
        output.show_json({"discarded": gone})
    else:
        output.show(f"{gone} parked {_events(gone)} discarded.")


def _choice(
    number: int | None = None,
    consumer: str | None = None,
    key: str | None = None,
    event_type: str | None = None,
    cause: str | None = None,
    *,
    everything: bool = False,
) -> Choice:
    from eventing.errors import Misconfigured
    from eventing.parking import Choice

    choice = Choice(number, consumer, key, event_type, cause)
    if not everything and choice == Choice():
        raise Misconfigured("Say which: a number, --consumer, --key, --type, --cause, or --all.")
    return choice


def _demand_some(count: int, number: int | None) -> None:
    from eventing.errors import Misconfigured

    if not count:
        raise _not_parked(number) if number is not None else Misconfigured("Nothing that is parked fits this.")


def _events(count: int) -> str:
    return "event is" if count == 1 else "events are"


def _not_parked(number: int) -> Exception:
    from eventing.errors import Misconfigured

    return Misconfigured(f"No event is parked under the number {number}: `orders parked list` shows what is.")


def _show(waiting: Sequence[Waiting], *, json: bool) -> None:
    if json:
        output.show_json([found._asdict() for found in waiting])
    elif not waiting:
        output.show("Nothing is parked.")
    else:
        columns = ("number", "consumer", "key", "event", "position", "cause", "attempts", "parked at", "retry asked")
        output.show_table(columns, [_row(found) for found in waiting])


def _row(found: Waiting) -> tuple[object, ...]:
    asked = f"{found.retry_asked_at:%H:%M:%S}" if found.retry_asked_at else ""
    parked_at = f"{found.parked_at:%Y-%m-%d %H:%M:%S}"
    cause = f"{found.cause_code}: {found.cause}"
    return (
        found.id,
        found.consumer,
        found.key,
        found.event_type,
        found.position,
        cause,
        found.attempts,
        parked_at,
        asked,
    )


@contextmanager
def _desk() -> Iterator[ParkedDesk]:
    from eventing.postgres.database import Database
    from eventing.postgres.parked_desk import ParkedDesk
    from operations.resolve import resolved_settings

    url = resolved_settings(["postgres"]).postgres.url
    assert url is not None
    database = Database(url.get_secret_value(), application_name="orderloom parked", patience=10)
    with closing(database):
        yield ParkedDesk(database.query)
