"""Watches every event as it is appended, and knows nothing of the deciders: its fold is its own.

What it demands of every prefix of the log: one end, and only with stock and money balanced; stock never sold twice; at
most one capture an order, given back once at most; nothing undone before what stands on it; allowed transitions only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from eventing.schema import type_name
from tests.support.saga.ledger import Kept

ENDS = {"order.confirmed", "order.failed", "order.cancelled"}
TROUBLES = {"order.cancellation_requested", "order.timed_out", "order.compensation_forced"}
FOLLOWS: Mapping[str, Mapping[str, set[str]]] = {
    "reservation": {
        "": {"inventory.reserved", "inventory.rejected", "inventory.released"},
        "inventory.reserved": {"inventory.released"},
    },
    "payment": {
        "": {"payment.requested", "payment.refunded"},
        "payment.requested": {"payment.charged", "payment.declined", "payment.mischarged", "payment.revoked"},
        "payment.revoked": {"payment.charged", "payment.declined", "payment.mischarged"},
        "payment.charged": {"payment.refund_requested"},
        "payment.mischarged": {"payment.refund_requested"},
        "payment.refund_requested": {"payment.refunded"},
    },
    "shipment": {
        "": {"shipping.requested", "shipping.label_voided"},
        "shipping.requested": {"shipping.label_created", "shipping.failed", "shipping.revoked"},
        "shipping.revoked": {"shipping.label_created", "shipping.failed"},
        "shipping.label_created": {"shipping.void_requested"},
        "shipping.void_requested": {"shipping.label_voided"},
    },
}
"""What may follow what in a stream; nothing where nothing stands."""


class Broken(AssertionError):
    """Something that has to hold does not."""


class Account:
    """What one order has brought about so far, by its events alone."""

    def __init__(self, placed: Any) -> None:
        self.placed = placed
        self.address = placed.delivery_address
        self.held: Counter[str] = Counter()
        self.captures: list[tuple[int, str]] = []
        self.refunds: list[tuple[int, str]] = []
        self.label = ""
        self.end = ""
        self.troubles: set[str] = set()
        self.last = {"reservation": "", "payment": "", "shipment": ""}


class Oracle:
    def __init__(self, stock: Mapping[str, int]) -> None:
        self.free = Counter(stock)
        self.stock = dict(stock)
        self.accounts: dict[str, Account] = {}
        self.seen: set[tuple[str, str]] = set()

    def watch(self, kept: Kept) -> None:
        kind, event = type_name(kept.event), kept.event
        if kind == "order.placed":
            self.accounts[kept.key] = Account(event)
            return
        account = self.accounts[kept.key]
        if kept.category == "order":
            self._order(kind, event, account)
            return
        last = account.last[kept.category]
        _demand(kind in FOLLOWS[kept.category].get(last, set()), f"{kind} after {last or 'nothing'}", kept)
        self.seen.add((last, kind))
        account.last[kept.category] = kind
        match kept.category:
            case "reservation":
                self._reservation(kind, event, account)
            case "payment":
                self._payment(kind, event, account)
            case "shipment":
                self._shipment(kind, event, account)

    def _order(self, kind: str, event: Any, account: Account) -> None:
        _demand(not account.end, f"{kind} after {account.end}", event)
        if kind in TROUBLES:
            account.troubles.add(kind)
        elif kind == "order.delivery_address_changed":
            _demand(account.last["shipment"] == "", "an address changed under the carrier", event)
            account.address = event.address
        elif kind in ENDS:
            account.end = kind
            self._end(kind, event, account)

    def _end(self, kind: str, event: Any, account: Account) -> None:
        placed = account.placed
        if kind == "order.confirmed":
            _demand(not account.troubles, "confirmed on the way back", event)
            wanted = Counter[str]()
            for line in placed.lines:
                wanted[line.sku] += line.quantity
            _demand(account.held == wanted, "confirmed without its stock", event)
            _demand(account.last["payment"] == "payment.charged", "confirmed unpaid", event)
            _demand(account.captures == [(placed.total, placed.currency)], "confirmed for another price", event)
            _demand(account.label != "", "confirmed without a label", event)
            return
        cancelled = "order.cancellation_requested" in account.troubles
        _demand(cancelled == (kind == "order.cancelled"), f"{kind} with {account.troubles}", event)
        _demand(not +account.held, "ended with stock set aside", event)
        _demand(account.captures == account.refunds, "ended with money taken", event)
        _demand(account.label == "", "ended with a label", event)
        waits = {"payment.requested", "payment.revoked", "shipping.requested", "shipping.revoked"}
        _demand(not waits & {*account.last.values()}, "ended before the outside world had answered", event)

    def _reservation(self, kind: str, event: Any, account: Account) -> None:
        if kind == "inventory.reserved":
            for line in event.lines:
                account.held[line.sku] += line.quantity
                self.free[line.sku] -= line.quantity
                _demand(self.free[line.sku] >= 0, f"{line.sku} sold twice", event)
        elif kind == "inventory.released":
            released = Counter({line.sku: line.quantity for line in event.lines})
            _demand(released == account.held, f"released {released}, held {account.held}", event)
            done = account.last["payment"] in ("payment.declined", "payment.refunded")
            _demand(done, "released before the money was settled", event)
            self.free.update(released)
            account.held.clear()
        else:
            lacking = any(line.wanted > line.available for line in event.lacking)
            _demand(lacking and bool(event.lacking), "rejected without a lack", event)

    def _payment(self, kind: str, event: Any, account: Account) -> None:
        total = account.placed.total, account.placed.currency
        if kind == "payment.requested":
            _demand((event.amount, event.currency) == total, "asked for another price", event)
            _demand(account.last["reservation"] == "inventory.reserved", "asked before the stock was set aside", event)
        elif kind == "payment.charged":
            _demand((event.amount, event.currency) == total, "charged another price", event)
            account.captures.append((event.amount, event.currency))
        elif kind == "payment.mischarged":
            account.captures.append((event.amount, event.currency))
        elif kind == "payment.refund_requested":
            _demand([(event.amount, event.currency)] == account.captures, "gives back something else", event)
        elif kind == "payment.refunded":
            if event.amount:
                account.refunds.append((event.amount, event.currency))
            _demand(account.refunds == account.captures, "refunded something else", event)
            # A charge that was none has nothing shipped on it; any other was undone by what stands on it.
            _demand(account.label == "", "refunded before the label was void", event)
        _demand(len(account.captures) <= 1, "captured twice", event)

    def _shipment(self, kind: str, event: Any, account: Account) -> None:
        if kind == "shipping.requested":
            _demand(event.address == account.address, "sent to an address that was changed", event)
            _demand(account.last["payment"] == "payment.charged", "sent unpaid", event)
        elif kind == "shipping.label_created":
            account.label = event.tracking_number
        elif kind == "shipping.label_voided":
            _demand(event.tracking_number == account.label, "another label voided", event)
            account.label = ""


def _demand(holds: bool, otherwise: str, what: object) -> None:
    if not holds:
        raise Broken(f"{otherwise}: {what}")
