"""How a batch is handled: one transaction, in which the marks move and everything that was decided takes place.

- the marks move first: whoever does not read these partitions any more is stopped before he has locked or read anything
- levels of stock are locked next, then all is decided, and the append is the last act
- a stream that has moved on meanwhile means: load again, decide again
- what fails for one order fails for that order only: it is parked, and what comes after it under its key queues behind
- what the database refuses says not whose fault it is: the batch is halved until it is one event's
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from eventing.backoff import full_jitter
from eventing.consuming import Mark, Partition, moves
from eventing.crash_points import reach
from eventing.errors import Conflict, OrderloomError, Refusal, Unavailable
from eventing.parking import QUEUED_BEHIND, Cause, Parked, ParkedKey
from saga_choreography.deliberation import Decode, Deliberation
from saga_choreography.hearing import Hearing, Taken, marks_after
from saga_choreography.participant import Participant
from saga_choreography.ports import Transactions, Work

ATTEMPTS: Final = 3
"""For what fails by itself, before it is parked."""
ROUNDS: Final = 30
"""For what others stand in the way of, before it is left for a while."""
FIRST_PAUSE: Final = 0.002
LONGEST_PAUSE: Final = 0.1

_BEHIND: Final = Cause(QUEUED_BEHIND, "An earlier event of its key waits.", 0)
Marks = Mapping[Partition, Mark]


class Done(NamedTuple):
    """What came of a batch."""

    kept: Marks
    """The marks that were moved in the database."""
    handled: int = 0
    produced: int = 0
    parked: frozenset[ParkedKey] = frozenset()
    opened: int = 0
    conflicts: int = 0


class Handling:
    """Of one participant; belongs to the thread of its transactions."""

    def __init__(self, participant: Participant, decode: Decode, transactions: Transactions) -> None:
        self._participant = participant
        self._decode = decode
        self._transactions = transactions
        self._hearing = Hearing(participant, decode)

    def handle(self, batch: Sequence[Taken], kept: Marks, waiting: frozenset[ParkedKey]) -> Done:
        """`kept` are the marks as the database has them, `waiting` the keys that may have something parked.

        Raises `Superseded` where these partitions are another's now, `Unavailable` where nobody is to blame.
        """
        conflicts = 0
        while True:
            try:
                return self._attempt(batch, kept, waiting)._replace(conflicts=conflicts)
            except (Conflict, Unavailable) as error:
                if not _stood_in_the_way(error) or conflicts >= ROUNDS:
                    raise _left_for_a_while(error) from error
                conflicts += 1
                time.sleep(full_jitter(conflicts, FIRST_PAUSE, LONGEST_PAUSE))
            except Refusal as refusal:
                return self._apart(batch, kept, waiting, refusal)

    def retry(self, parked: Parked, kept: Marks) -> Done:
        """Handles a parked event as any other; if it fails again, its key goes on waiting."""
        taken = self._hearing.again(parked.message)
        for attempt in range(1, ROUNDS + 1):
            try:
                return self._attempt_again(parked, taken, kept)
            except (Conflict, Unavailable) as error:
                if not _stood_in_the_way(error):
                    raise
                time.sleep(full_jitter(attempt, FIRST_PAUSE, LONGEST_PAUSE))
            except Refusal as refusal:
                return self._failed_again(parked, Cause(refusal.code, str(refusal)), kept)
        raise Unavailable("Others stand in the way of a parked event again and again.")

    def _attempt(self, batch: Sequence[Taken], kept: Marks, waiting: frozenset[ParkedKey]) -> Done:
        after = marks_after(kept, batch)
        with self._transactions.begin() as work:
            work.move_marks(moves(kept, after))
            if waiting:
                waiting = work.parking.keys(list(after))
            deliberation, parked = self._deliberate(work, batch, waiting)
            if not (deliberation.appends or parked):
                return Done({}, sum(taken.is_heard for taken in batch))
            self._carry_out(work, deliberation)
        reach("saga.committed")
        return _done(deliberation, after, batch, parked)

    def _attempt_again(self, parked: Parked, taken: Taken, kept: Marks) -> Done:
        partition = parked.message.partition
        with self._transactions.begin() as work:
            work.move_marks(moves(kept, {partition: kept[partition]} if partition in kept else {}))
            if not work.parking.settled(parked):
                return Done({})
            deliberation = Deliberation(self._participant, self._decode)
            cause = taken.problem
            if taken.recorded is not None:
                deliberation.take_in(work.load(deliberation.needs([(taken.recorded, taken.event)])))
                self._lock_levels(work, deliberation, [taken])
                cause = self._hear(deliberation, taken)
            if cause is None:
                self._carry_out(work, deliberation)
                return _done(deliberation, {}, [taken], frozenset())
        return self._failed_again(parked, cause, kept)

    def _failed_again(self, parked: Parked, cause: Cause, kept: Marks) -> Done:
        partition = parked.message.partition
        with self._transactions.begin() as work:
            work.move_marks(moves(kept, {partition: kept[partition]} if partition in kept else {}))
            work.parking.failed_again(parked, cause)
            work.commit([])
        return Done({}, parked=frozenset({ParkedKey(partition, parked.message.key)}))

    def _deliberate(
        self, work: Work, batch: Sequence[Taken], waiting: frozenset[ParkedKey]
    ) -> tuple[Deliberation, frozenset[ParkedKey]]:
        deliberation = Deliberation(self._participant, self._decode)
        heard = [(taken.recorded, taken.event) for taken in batch if taken.recorded is not None]
        deliberation.take_in(work.load(deliberation.needs(heard)) if heard else {})
        self._lock_levels(work, deliberation, batch)
        parked: set[ParkedKey] = set()
        for taken in batch:
            key = ParkedKey(taken.message.partition, taken.message.key)
            if not taken.is_heard:
                continue
            behind = key in waiting or key in parked
            if cause := _BEHIND if behind else taken.problem or self._hear(deliberation, taken):
                work.parking.park(taken.message, cause, event_type=taken.event_type, position=taken.position)
                parked.add(key)
        return deliberation, frozenset(parked)

    def _lock_levels(self, work: Work, deliberation: Deliberation, batch: Sequence[Taken]) -> None:
        if self._participant.stock is None:
            return
        skus: set[str] = set()
        for taken in batch:
            if taken.recorded is not None:
                try:
                    skus.update(deliberation.skus(taken.recorded, taken.event))
                except Exception:  # noqa: BLE001, S112 - it is heard of again when this event is decided upon
                    continue
        deliberation.available.update(work.lock_levels(sorted(skus)))

    def _hear(self, deliberation: Deliberation, taken: Taken) -> Cause | None:
        """Why it can't be handled, after some attempts; None if it was."""
        assert taken.recorded is not None
        cause = None
        for attempt in range(1, ATTEMPTS + 1):
            try:
                deliberation.hear(taken.recorded, taken.event)
            except OrderloomError as error:
                cause = Cause(error.code, str(error), attempt)
            except Exception as error:  # noqa: BLE001 - a bug that one order meets must not stop the others
                cause = Cause("bug", f"{type(error).__name__}: {error}", attempt)
            else:
                return None
        return cause

    def _carry_out(self, work: Work, deliberation: Deliberation) -> None:
        work.move_levels(deliberation.moved)
        work.close_intents(deliberation.closed)
        work.open_intents(self._participant.name, list(deliberation.opened.values()))
        reach("saga.before_commit")
        work.commit(deliberation.appends)

    def _apart(self, batch: Sequence[Taken], kept: Marks, waiting: frozenset[ParkedKey], refusal: Refusal) -> Done:
        """Finds whose fault it is by halves; the others are not kept waiting for it."""
        if len(batch) == 1:
            return self._park(batch[0], kept, Cause(refusal.code, str(refusal), ATTEMPTS))
        middle = len(batch) // 2
        first = self.handle(batch[:middle], kept, waiting)
        between = {**kept, **first.kept}
        second = self.handle(batch[middle:], between, waiting | first.parked)
        return Done(
            {**first.kept, **second.kept},
            first.handled + second.handled,
            first.produced + second.produced,
            first.parked | second.parked,
            first.opened + second.opened,
            first.conflicts + second.conflicts,
        )

    def _park(self, taken: Taken, kept: Marks, cause: Cause) -> Done:
        after = marks_after(kept, [taken])
        with self._transactions.begin() as work:
            work.move_marks(moves(kept, after))
            work.parking.park(taken.message, cause, event_type=taken.event_type, position=taken.position)
            work.commit([])
        return Done(after, 1, parked=frozenset({ParkedKey(taken.message.partition, taken.message.key)}))


def _done(deliberation: Deliberation, kept: Marks, batch: Sequence[Taken], parked: frozenset[ParkedKey]) -> Done:
    return Done(
        kept,
        sum(taken.is_heard for taken in batch),
        sum(len(append.writes[0].events) for append in deliberation.appends),
        parked,
        len(deliberation.opened),
    )


def _stood_in_the_way(error: OrderloomError) -> bool:
    return isinstance(error, Conflict) or (isinstance(error, Unavailable) and error.retry_after < 0.1)


def _left_for_a_while(error: OrderloomError) -> OrderloomError:
    """A conflict is nobody's fault, so it must never look like the fault of an event."""
    if isinstance(error, Conflict):
        return Unavailable(f"Others stand in the way again and again: {error}")
    return error
