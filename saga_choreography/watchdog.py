"""Sends orders back whose steps take too long. Any number may run; they share the work row by row.

Deadlines are entered from the log itself, and measured from when its events were recorded by the database's clock: none
is missed while Kafka, a relay or a participant stands still, and no machine's clock matters. Before a deadline is fired
the order is looked at as it is at that moment, and what is fired is appended at the version that was looked at: so what
has ended meanwhile is never sent back, and no order is sent back twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Final

import structlog

from eventing.backoff import full_jitter
from eventing.crash_points import reach
from eventing.envelope import Recorded
from eventing.errors import Conflict, OrderloomError, Refusal, Unavailable
from eventing.schema import declaration
from eventing.streams import key_of, stream_name
from saga_choreography.deliberation import Decode, Deliberation
from saga_choreography.participant import DeadlinePassed, Participant, Step
from saga_choreography.ports import Begun, Ended, Looked, Passed, Transactions, Work
from saga_choreography.pulse import Pulse

ACTOR: Final = "watchdog"
READ_MOST: Final = 2000
FIRE_MOST: Final = 100
LONGEST_REST: Final = 5.0

_log = structlog.get_logger("orderloom.saga")


class Steps:
    """Which event begins and ends which step, by the participants' own words, and how long each may take."""

    def __init__(self, participants: Sequence[Participant], seconds: Callable[[str], float]) -> None:
        steps = [participant.step for participant in participants]
        self._begins = {
            name: [(s.name, seconds(s.name)) for s in steps if name in _types(s.begins)] for name in _all(steps)
        }
        self._ends = {name: [s.name for s in steps if name in _types(s.ends)] for name in _all(steps)}
        self._last = {name for name, ended in self._ends.items() if "order" in ended}

    def notes(self, log: Sequence[Looked]) -> tuple[Sequence[Begun], Sequence[Ended], Sequence[str]]:
        """What begins, what ends, and the orders of which nothing is left to wait for."""
        begun: dict[tuple[str, str], Begun] = {}
        ended: dict[tuple[str, str], Ended] = {}
        closed: dict[str, None] = {}
        for position, stream, name, at in log:
            order = key_of(stream)
            for step, seconds in self._begins.get(name, ()):
                begun.setdefault((order, step), Begun(order, step, position, at, seconds))
            for step in self._ends.get(name, ()):
                ended.setdefault((order, step), Ended(order, step, position, at))
            if name in self._last:
                closed[order] = None
        return (
            [each for each in begun.values() if each.order_id not in closed],
            [each for each in ended.values() if each.order_id not in closed],
            list(closed),
        )


class Watchdog:
    """Belongs to one thread."""

    def __init__(
        self,
        participants: Mapping[str, Participant],
        steps: Steps,
        decode: Decode,
        transactions: Transactions,
        pulse: Pulse,
        *,
        look_seconds: float,
    ) -> None:
        self._participants = participants
        self._order = participants["order"]
        self._steps = steps
        self._decode = decode
        self._transactions = transactions
        self._pulse = pulse
        self._look_seconds = look_seconds

    def run(self, stop: Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                busy = self.look()
                failures = 0
                self._pulse.well()
                if not busy:
                    stop.wait(self._look_seconds * random.uniform(0.5, 1.0))  # noqa: S311 - so that many spread out
            except Unavailable as error:
                failures += 1
                self._pulse.trip(error)
                stop.wait(full_jitter(failures, 0.1, LONGEST_REST))
        self._transactions.close()

    def look(self) -> bool:
        """Enters the deadlines of what is new in the log and fires those that have passed; whether there is more."""
        while self._read_on():
            pass
        return self._fire()

    def _read_on(self) -> bool:
        with self._transactions.begin() as work:
            position = work.lock_watch()
            if position is None:
                return False  # another one reads just now
            log = work.log_after(position, READ_MOST)
            if not log:
                return False
            work.note_steps(*self._steps.notes(log))
            work.move_watch(log[-1].position)
            reach("saga.deadlines_noted")
            work.commit([])
        self._pulse.stands(0, 0, log[-1].position, 0)
        self._pulse.handled(len(log), 0, 0, 0)
        return len(log) == READ_MOST

    def _fire(self) -> bool:
        try:
            return self._fired(FIRE_MOST)
        except (Conflict, Refusal):
            # An order has moved on just now, or one of them can't be decided upon: the others are fired one by one.
            for _ in range(FIRE_MOST):
                try:
                    if not self._fired(1):
                        return False
                except (Conflict, Refusal) as error:
                    self._pulse.trip(error)
                    return False
            return True

    def _fired(self, most: int) -> bool:
        with self._transactions.begin() as work:
            passed = work.lock_passed(most)
            if not passed:
                return False
            deliberation, fired = self._decide(work, passed)
            work.deadlines_fired(fired)
            work.deadlines_ended([each for each in passed if each not in fired])
            reach("saga.before_fire_commit")
            work.commit(deliberation.appends)
        reach("saga.fired")
        self._pulse.deadlines_fired += len(fired)
        return len(passed) == most

    def _decide(self, work: Work, passed: Sequence[Passed]) -> tuple[Deliberation, list[Passed]]:
        deliberation = Deliberation(self._order, self._decode)
        categories = [participant.category for participant in self._participants.values()]
        stored = work.load(
            [stream_name(category, order) for order in {each.order_id for each in passed} for category in categories]
        )
        deliberation.take_in(stored)
        fired = []
        for each in passed:
            streams = [stored[stream_name(category, each.order_id)] for category in categories]
            try:
                if not self._has_ended(each, streams) and deliberation.ask(
                    DeadlinePassed(each.step), _cause(each, streams), (), ACTOR
                ):
                    fired.append(each)
            except OrderloomError as error:  # one that can't be read must not keep the others from their deadlines
                _log.error("deadline_not_fired", order_id=each.order_id, step=each.step, why=str(error))
        return deliberation, fired

    def _has_ended(self, passed: Passed, streams: Sequence[Sequence[Recorded]]) -> bool:
        step = next((p.step for p in self._participants.values() if p.step.name == passed.step), None)
        ends = _types(step.ends) if step else frozenset()
        return any(event.type in ends for stream in streams for event in stream)


def _cause(passed: Passed, streams: Sequence[Sequence[Recorded]]) -> Recorded:
    """The event that began the step; its correlation and trace go on."""
    for stream in streams:
        for event in stream:
            if event.position == passed.position:
                return event
    raise Refusal(f"The event that began {passed.step} of {passed.order_id} is gone.", code="no_beginning")


def _types(classes: Sequence[type]) -> frozenset[str]:
    return frozenset(declared.type for cls in classes if (declared := declaration(cls)))


def _all(steps: Sequence[Step]) -> Sequence[str]:
    return sorted({name for step in steps for name in _types((*step.begins, *step.ends))})
