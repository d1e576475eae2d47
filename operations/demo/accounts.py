"""The accounts at the end: every order has ended, and stock, money and read models are what the events say."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from eventing.errors import OrderloomError
from operations.demo.children import finished
from operations.demo.counting import counted
from operations.demo.outsiders import ledger
from operations.demo.stage import Stage

PATIENCE: Final = 60.0
"""Seconds that the last orders may take to their end."""
LOOK_AGAIN: Final = 0.1
SETTLED: Final = 1.0
"""Seconds after which the board knows of the very last order: what is stored is looked at a few times a second."""
SHOWN: Final = ("order_summary", "order_search")


@contextmanager
def accounts(stage: Stage) -> Iterator[None]:
    """Given when customers have gone and nothing is in the way any more, while everything still runs."""
    yield
    stage.screen.say("The customers have gone; the last orders come to their end.")
    _await_ends(stage)
    stage.proofs += [_orders(stage), counted(stage), _money(stage), _stock(stage), _views(stage)]


def _await_ends(stage: Stage) -> None:
    waiting, end = threading.Event(), time.monotonic() + PATIENCE
    waiting.wait(SETTLED)
    while stage.board.open_orders() or stage.board.lag:
        if time.monotonic() > end:
            raise OrderloomError(
                f"{stage.board.open_orders()} orders did not end within {PATIENCE:g} s: see `orders saga stuck`."
            )
        for still_well in stage.watched:
            still_well()
        waiting.wait(LOOK_AGAIN)


def _orders(stage: Stage) -> str:
    ends = Counter(dict(stage.board.orders_by_state()))
    told = ", ".join(f"{count} {state}" for state, count in sorted(ends.items()))
    return f"{sum(ends.values())} orders placed since the demo began, each with one end: {told}."


def _money(stage: Stage) -> str:
    """Order by order, in the provider's own books."""
    due = _due_by_order(stage)
    kept = _kept_by_order(stage.payments)
    for order, amount in due.items():
        if kept.get(order, 0) != amount:
            raise OrderloomError(f"The provider kept {kept.get(order, 0)} for the order {order}, and {amount} was due.")
    return f"Money: the provider keeps {sum(due.values()) / 100:,.2f} EUR for them, to the cent what was confirmed."


def _kept_by_order(payments: str) -> Mapping[str, int]:
    kept: Counter[str] = Counter()
    after = 0
    while effects := ledger(payments, after):
        for effect in effects:
            sign = {"charge": 1, "refund": -1}[effect["operation"]] if effect["status"] != "declined" else 0
            kept[effect["order_id"]] += sign * (effect["amount"] or 0)
        after = effects[-1]["position"]
    return kept


def _due_by_order(stage: Stage) -> Mapping[str, int]:
    """The total of a confirmed order, nothing for any other."""
    from eventing.postgres.database import Database
    from operations.event_store import make_codec

    assert stage.settings.postgres.url is not None
    codec, states = make_codec(), stage.board.states
    database = Database(
        stage.settings.postgres.url.get_secret_value(), application_name="orderloom demo", patience=10.0
    )
    rows = database.query(
        "SELECT type, schema_version, body FROM events WHERE version = 1 AND stream = ANY (%s)",
        ([f"order-{order}" for order in states],),
    )
    database.close()
    placed = [codec.decode(*row) for row in rows]
    return {order.order_id: order.total if states[order.order_id] == "confirmed" else 0 for order in placed}


def _stock(stage: Stage) -> str:
    finished(stage, "stock", "verify")
    return "Stock: the levels of every product are what its events say; nothing was promised twice."


def _views(stage: Stage) -> str:
    for model in SHOWN:
        finished(stage, "projections", "verify", model, "--quiet")
    return f"Read models: {' and '.join(SHOWN)} equal the fold of the log, document by document."
