"""What an operator does to an order that stands still: has it asked for again, or sends it on its way back."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import Final

from eventing.errors import Conflict, Refusal
from eventing.streams import stream_name
from operations.event_store import make_codec
from operations.saga_view import database, streams_of, transactions
from saga_choreography.adapters.transactions import PostgresTransactions
from saga_choreography.deliberation import Deliberation
from saga_choreography.participant import CompensationForced
from saga_choreography.way_back import entrance
from saga_choreography.wiring import PARTICIPANTS

ATTEMPTS: Final = 5
_ASK_AGAIN: Final = """
    UPDATE open_intents SET rejected_at = NULL, next_attempt_at = clock_timestamp()
    WHERE (rejected_at IS NOT NULL OR next_attempt_at > clock_timestamp()) AND (%s::text IS NULL OR order_id = %s)
    RETURNING intent_id
"""


def ask_again(order_id: str | None) -> int:
    with closing(database()) as asked:
        return len(asked.query(_ASK_AGAIN, (order_id, order_id)))


def force_compensation(order_id: str, reason: str, actor: str) -> str:
    """Sends the order on its way back; the step at which it is entered. Raises `Refusal` for one that has ended."""
    with closing(transactions()) as opened:
        for _ in range(ATTEMPTS - 1):
            with suppress(Conflict):  # it has gone a step meanwhile
                return _force(opened, order_id, reason, actor)
        return _force(opened, order_id, reason, actor)


def _force(opened: PostgresTransactions, order_id: str, reason: str, actor: str) -> str:
    deliberation = Deliberation(PARTICIPANTS["order"], make_codec().decode)
    with opened.begin() as work:
        stored = work.load(streams_of(order_id))
        order = stored[stream_name("order", order_id)]
        if not order:
            raise Refusal(f"There is no order {order_id}.", code="order_not_found")
        deliberation.take_in(stored)
        categories = [participant.category for participant in PARTICIPANTS.values()]
        step = entrance(PARTICIPANTS, {each: deliberation.events_of(each, order_id) for each in categories})
        deliberation.ask(CompensationForced(reason, step), order[-1], (), actor)
        work.commit(deliberation.appends)
    return step
