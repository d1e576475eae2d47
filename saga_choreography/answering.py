"""Keeps definite answers: what follows from them is decided and appended, and their intents are closed with it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from eventing.backoff import full_jitter
from eventing.crash_points import reach
from eventing.errors import Conflict, Unavailable, Unreadable
from eventing.streams import stream_name
from saga_choreography.deliberation import Decode, Deliberation
from saga_choreography.outcomes import Outcome
from saga_choreography.participant import Participant
from saga_choreography.ports import Claimed, Transactions

ROUNDS: Final = 30


class Given(NamedTuple):
    """A definite answer to an intent."""

    order_id: str
    intent_id: UUID
    outcome: Outcome


class Answering:
    """Belongs to the thread of its transactions."""

    def __init__(self, participant: Participant, decode: Decode, transactions: Transactions) -> None:
        self._participant = participant
        self._decode = decode
        self._transactions = transactions

    def intents(self, claimed: Sequence[Claimed]) -> Mapping[UUID, object]:
        """What each claimed intent says. One that has been answered meanwhile is left out, and taken off the list."""
        found: dict[UUID, object] = {}
        gone: list[UUID] = []
        with self._transactions.begin() as work:
            deliberation = self._deliberation()
            deliberation.take_in(work.load(self._streams([each.order_id for each in claimed])))
            for each in claimed:
                try:
                    intent = deliberation.intent(each.order_id, each.intent_id)
                except Unreadable:
                    continue  # a newer version of this program will know it; the lease passes meanwhile
                if intent is None:
                    gone.append(each.intent_id)
                else:
                    found[each.intent_id] = intent
            if gone:
                work.close_intents(gone)
                work.commit([])
        return found

    def keep(self, given: Sequence[Given]) -> None:
        """All of them, or none. A second answer to an intent that is closed changes nothing, unless it contradicts the
        first: that is the participant's to decide. Raises `Refusal` for what can't be kept."""
        for attempt in range(1, ROUNDS + 1):
            try:
                return self._attempt(given)
            except (Conflict, Unavailable) as error:
                if isinstance(error, Unavailable) and error.retry_after >= 0.1:
                    raise
                time.sleep(full_jitter(attempt, 0.002, 0.1))
        raise Unavailable("Others stand in the way of answers again and again.")

    def close(self) -> None:
        self._transactions.close()

    def _attempt(self, given: Sequence[Given]) -> None:
        with self._transactions.begin() as work:
            deliberation = self._deliberation()
            deliberation.take_in(work.load(self._streams([each.order_id for each in given])))
            for each in given:
                deliberation.answer(each.order_id, each.intent_id, each.outcome)
            still_open = {
                each.intent_id for each in given if deliberation.intent(each.order_id, each.intent_id) is not None
            }
            work.close_intents(sorted({each.intent_id for each in given} - still_open))
            work.open_intents(self._participant.name, list(deliberation.opened.values()))
            reach("saga.before_answer_commit")
            work.commit(deliberation.appends)
        reach("saga.answered")

    def _streams(self, orders: Sequence[str]) -> Sequence[str]:
        return [stream_name(self._participant.category, order) for order in dict.fromkeys(orders)]

    def _deliberation(self) -> Deliberation:
        return Deliberation(self._participant, self._decode)
