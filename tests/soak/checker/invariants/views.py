"""Read models against a fold of the log that is written anew: I15."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.soak.checker.evidence import Evidence
from tests.soak.checker.finding import Finding

CANCELLING = "order.cancellation_requested"
ENDS = {"order.confirmed": "confirmed", "order.failed": "failed", "order.cancelled": "cancelled"}


def expected(evidence: Evidence, order: str) -> Mapping[str, Any]:
    """What every view that shows an order has to say of it."""
    placed = evidence.orders[order]
    own = [event for event in evidence.by_order[order] if event.stream.startswith("order-")]
    address = placed.data["delivery_address"]
    for event in own:
        if event.type == "order.delivery_address_changed" and event.schema_version > 1:
            address = event.data["address"]
    return {
        "order_id": order,
        "customer_id": placed.data["customer_id"],
        "total": placed.data["total"],
        "currency": placed.data["currency"],
        "version": own[-1].version,
        "city": address["city"],
    }


def orders_shown(evidence: Evidence) -> Finding:
    finding = Finding("I15", "every view of an order says what a fold of the log says, and shows no other order")
    if not evidence.views:
        finding.skipped = "no read model was given"
    for view, documents in evidence.views.items():
        missing = evidence.orders.keys() - documents.keys()
        extra = documents.keys() - evidence.orders.keys()
        finding.check_all(len(evidence.orders), (f"{view} lacks {order}" for order in sorted(missing)))
        finding.check_all(len(documents), (f"{view} shows {order}, which is no order" for order in sorted(extra)))
        for order in evidence.orders.keys() & documents.keys():
            document, ends = documents[order], evidence.ended(order)
            for name, value in expected(evidence, order).items():
                shown = _found(document, name)
                right = shown is _ABSENT or shown == value
                finding.check(right, f"{view} says {name} of {order} is {shown!r}, not {value!r}")
            if ends:
                status = ENDS[ends[0]]
                finding.check(
                    document.get("status") == status,
                    f"{view} says {order} is {document.get('status')}, not {status}: {evidence.history(order)}",
                )
    return finding


_ABSENT = object()


def _found(document: Mapping[str, Any], name: str) -> Any:
    """Views differ in what they show; what they show has to be right."""
    if name == "city":
        address = document.get("delivery_address")
        return address.get("city", _ABSENT) if isinstance(address, dict) else _ABSENT
    return document.get(name, _ABSENT)


INVARIANTS = (orders_shown,)
