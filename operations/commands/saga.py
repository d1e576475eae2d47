"""`orders saga`: where an order stands, which ones stand still, and what an operator can do about it."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from operations import output

if TYPE_CHECKING:
    from operations.saga_view import Standing

OrderId = Annotated[str, typer.Argument(help="The order's id.")]


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(
        name="saga", help="Orders on their way: how far they are, and who has to act.", no_args_is_help=True
    )
    group.command("show")(show)
    group.command("stuck")(stuck)
    group.command("force-compensate")(force_compensate)
    group.command("ask-again")(ask_again)
    group.command("diagram")(diagram)
    root.add_typer(group)


def show(order_id: OrderId, json: output.Json = False) -> None:
    """Show an order's steps, what is owed, what is expected next and until when."""
    from operations.saga_view import standing

    found = standing(order_id)
    if json:
        output.show_json(
            {
                **found._asdict(),
                "steps": [each._asdict() for each in found.steps],
                "owed": [each._asdict() for each in found.owed],
                "deadlines": [each._asdict() for each in found.deadlines],
                "parked": [each._asdict() for each in found.parked],
            }
        )
    else:
        _show(found)


def stuck(
    seconds: Annotated[float, typer.Option("--seconds", min=0, help="For how long nothing has come of it.")] = 300.0,
    json: output.Json = False,
) -> int:
    """List orders that somebody should look at, the longest first; exit status 1 if there are any."""
    from operations.saga_view import stuck as found_stuck

    found = found_stuck(seconds)
    if json:
        output.show_json([each._asdict() for each in found])
    elif found:
        output.show_table(("order", "since", "why"), [(each.order_id, _time(each.since), each.what) for each in found])
    else:
        output.show("No order is stuck.")
    return 1 if found else 0


def force_compensate(
    order_id: OrderId,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the order's history for ever.")] = "",
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> None:
    """Send an order on its way back, whatever holds it: what of it is not undone yet is undone, step by step."""
    from eventing.errors import Misconfigured
    from operations.saga_steering import force_compensation

    if not reason.strip():
        raise Misconfigured("Say why with --reason: it stands in the order's history for ever.")
    step = force_compensation(order_id, reason.strip(), getpass.getuser())
    if json:
        output.show_json({"order_id": order_id, "step": step})
    else:
        output.show(f"The order goes back, beginning with {step}.")
        output.remark(f"`orders saga show {order_id}` shows how far it is.", quiet=quiet)


def ask_again(
    order_id: Annotated[str | None, typer.Argument(help="The order's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Of all orders.")] = False,
    json: output.Json = False,
) -> None:
    """Have the outside asked at once what it refused as a question, or what is put off: after something was mended."""
    from eventing.errors import Misconfigured
    from operations.saga_steering import ask_again as asked_again

    if (order_id is None) is not everything:
        raise Misconfigured("Say which: the id of an order, or --all.")
    asked = asked_again(order_id)
    if json:
        output.show_json({"asked": asked})
    else:
        output.show(f"{asked} {'question is' if asked == 1 else 'questions are'} asked again.")


def diagram(json: output.Json = False) -> None:
    """Print the choreography as a Mermaid flowchart, drawn from the participants' own code."""
    from saga_choreography.diagram import mermaid
    from saga_choreography.wiring import PARTICIPANTS

    drawn = mermaid(PARTICIPANTS.values())
    if json:
        output.show_json({"mermaid": drawn})
    else:
        output.show(drawn.rstrip())


def _show(found: Standing) -> None:
    output.show_table(
        ("when", "event", "by"),
        [(_time(each.at), each.type, each.actor) for each in found.steps],
        title=f"Order {found.order_id}: {found.status}",
    )
    if found.next:
        output.show(f"Expected next: {found.next}.")
    for owed in found.owed:
        state = (
            "refused as a question" if owed.rejected_at else "being asked" if owed.being_asked else "to be asked again"
        )
        trouble = f": {owed.trouble}" if owed.trouble else ""
        output.show(f"Owed: {owed.type}, {state}, {owed.attempts} attempts without an answer{trouble}.")
    for deadline in found.deadlines:
        if deadline.due_at is not None:
            late = ", which has passed" if deadline.passed else ""
            output.show(f"Deadline of {deadline.step}: {_time(deadline.due_at)}{late}.")
    for parked in found.parked:
        output.show(f"Parked by {parked.consumer}: {parked.event_type}, {parked.cause}")


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
