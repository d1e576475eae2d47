"""How far each order has come, worked out from all its events at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.read_models.log_reading import (
    ENDS,
    STEP_WORDS,
    TURNS,
    Orders,
    Shown,
    finished,
    last_of,
    status_of,
    time_of,
)
from tests.support.read_models.story import Told

SAGA_STATES = {
    "reserved": "done", "charged": "done", "label_created": "done",
    "rejected": "refused", "declined": "refused", "failed": "refused",
    "released": "undone", "refunded": "undone", "label_voided": "undone",
    "requested": "asked", "refund_requested": "undo_asked", "void_requested": "undo_asked",
    "mischarged": "mischarged", "revoked": "revoked",
}  # fmt: skip
WAY_BACK = ["shipping", "payment", "inventory"]


def saga(orders: Orders) -> Shown:
    shown = Shown()
    for order, told in orders.items():
        heard = [one for one in told if one.type != "order.delivery_address_changed"]
        document = _saga_document(order, heard)
        shown.documents[order] = heard[-1].position, document
        if document["owed"]:
            for name in ("open", f"owing:{document['owed'][0]}"):
                shown.lists.setdefault(name, []).append((order, told[0].position))
    return finished(shown, {})


def _saga_document(order: str, told: Sequence[Told]) -> dict[str, Any]:
    steps: dict[str, Any] = {}
    for name in ("inventory", "payment", "shipping"):
        if own := [one for one in told if one.type.startswith(f"{name}.")]:
            states = [SAGA_STATES[STEP_WORDS[one.type]] for one in own]
            asked = sum(state in {"asked", "undo_asked"} for state in states)
            steps[name] = {"state": states[-1], "since": time_of(own[-1]), "attempts": asked}
    turn = next((one for one in told if one.type in TURNS), None)
    end = last_of(told, *ENDS)
    return {
        "order_id": order,
        "customer_id": told[0].event.customer_id,
        "status": status_of(told),
        "steps": steps,
        "owed": [] if end else _owed(steps, turn),
        "turned_by": turn.type if turn else None,
        "turned_at": time_of(turn) if turn else None,
        "back_from": _entrance(turn) if turn else None,
        "started_at": time_of(told[0]),
        "updated_at": time_of(told[-1]),
        "ended_at": time_of(end) if end else None,
        "placed_position": told[0].position,
    }


def _entrance(turn: Told) -> str:
    category = turn.type.partition(".")[0]
    return category if category in WAY_BACK else "shipping"


def _owed(steps: Mapping[str, Any], turn: Told | None) -> list[str]:
    state = {name: step["state"] for name, step in steps.items()}
    if turn is None:
        left = [name for name in reversed(WAY_BACK) if state.get(name) != "done"]
    else:
        back = WAY_BACK[WAY_BACK.index(_entrance(turn)) :]
        left = [name for name in back if state.get(name) not in {"refused", "undone"}]
    return [*left, "order"]
