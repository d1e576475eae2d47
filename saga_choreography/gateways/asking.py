"""How somebody outside is asked: within a deadline, again if that may help, not too many at a time, not the dead.

    deadline ─► retry with full jitter ─► breaker: is it worth it? ─► bulkhead: a place ─► one attempt ─► read strictly

The key is the same in every attempt, so however many there are, there is one effect. What ends without an answer
becomes `Unknown` or `Rejected` here, in one place.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

import stamina
import structlog

from eventing.backoff import full_jitter
from eventing.breaker import Breaker, State
from eventing.bulkhead import Bulkhead, Full
from eventing.deadline import at_most, leaves, left, within
from eventing.settings import OutsideSettings
from saga_choreography.gateways.answers import demand_found
from saga_choreography.gateways.line import Line, Question, Reply
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.gateways.trouble import CONTRADICTION, NOT_ASKED, Kind, Trouble
from saga_choreography.outside import Rejected, Unknown

T = TypeVar("T")
Read = Callable[[Reply], T]
"""Makes an outcome of a reply, or raises `Trouble`."""

SHORTEST_ATTEMPT: Final = 0.02
"""Seconds; with less time left it is not worth beginning."""
WHILE_HALF_OPEN: Final = 0.5
ALARMING_RETRY_AFTER: Final = 30.0

_log = structlog.get_logger("orderloom.outside")


class Asking:
    """One dependency, for all who need it in this process."""

    def __init__(
        self,
        name: str,
        line: Line,
        settings: OutsideSettings,
        metrics: OutsideMetrics,
        *,
        breaker: Breaker | None = None,
    ) -> None:
        self.name = name
        self._line = line
        self._settings = settings
        self._metrics = metrics
        self.breaker = breaker or breaker_of(settings, on_change=self.note_state)
        self.bulkhead = Bulkhead(settings.concurrency, settings.queue)
        metrics.watch(name, self.breaker, self.bulkhead)

    async def settle(self, question: Question, read: Read[T], look: Question | None = None) -> T | Unknown | Rejected:
        """The outcome. An answer that contradicts the question is not believed: what is written is looked up."""
        attempts = _Attempts()
        outcome: T | Unknown | Rejected
        with within(self._settings.deadline_seconds):
            try:
                outcome = await self._settled(question, read, look, attempts)
            except Trouble as trouble:
                outcome = await self._unsettled(trouble, question, attempts)
        self._metrics.settled(self.name, question.operation, type(outcome).__name__)
        return outcome

    async def _settled(self, question: Question, read: Read[T], look: Question | None, attempts: _Attempts) -> T:
        try:
            return await self._ask(question, read, attempts)
        except Trouble as trouble:
            if trouble.kind is not CONTRADICTION or look is None:
                raise
            await self._alarm(trouble, question)

        def written(reply: Reply) -> T:
            demand_found(reply, question.key)
            return read(reply)

        return await self._ask(look, written, attempts)

    async def _ask(self, question: Question, read: Read[T], attempts: _Attempts) -> T:
        pauses = _Pauses(self._settings)
        async for attempt in stamina.retry_context(on=pauses, attempts=self._settings.attempts, timeout=None):
            with attempt:
                return await self._attempt(question, read, attempts)
        raise AssertionError("stamina raises what the last attempt raised")

    async def _attempt(self, question: Question, read: Read[T], attempts: _Attempts) -> T:
        if self.breaker.is_resting:
            raise self._resting()
        if not leaves(SHORTEST_ATTEMPT):
            raise Trouble(NOT_ASKED, "No time was left to ask.")
        try:
            async with self.bulkhead.place(left() or 0.0):
                ticket = self.breaker.attempt()  # it may have opened while we were waiting
                if ticket is None:
                    raise self._resting()
                attempts.made += 1
                return await self._reported(ticket, question, read)
        except Full as full:
            raise Trouble(NOT_ASKED, str(full)) from None

    async def _reported(self, ticket: int, question: Question, read: Read[T]) -> T:
        """Whatever happens, the breaker and the metrics hear of it."""
        began, kind = time.monotonic(), _GIVEN_UP
        try:
            outcome = read(await self._line.send(question, at_most(self._settings.attempt_seconds)))
            kind = _ANSWERED
            return outcome
        except Trouble as trouble:
            kind = trouble.kind
            raise
        finally:
            self._tell_breaker(ticket, kind)
            self._metrics.attempted(self.name, question.operation, kind.name, time.monotonic() - began)

    def _tell_breaker(self, ticket: int, kind: Kind) -> None:
        if kind.counts is None:
            self.breaker.abandoned(ticket)
        elif kind.counts:
            self.breaker.failed(ticket)
        else:
            self.breaker.succeeded(ticket)

    def _resting(self) -> Trouble:
        why = f"The breaker of {self.name} is {self.breaker.state}, because it failed {self._settings.breaker_failures}"
        return Trouble(NOT_ASKED, f"{why} times in a row.", retry_after=self.breaker.rest or WHILE_HALF_OPEN)

    async def _unsettled(self, trouble: Trouble, question: Question, attempts: _Attempts) -> Unknown | Rejected:
        if trouble.kind.alarming:
            await self._alarm(trouble, question)
        if trouble.kind.ours:
            _log.error(
                f"{self.name} does not take our question; an operator has to look at it.",
                action="outside.rejected",
                operation=question.operation,
                key=question.key,
                reason=str(trouble),
            )
            return Rejected(str(trouble), trouble.status)
        usual = ALARMING_RETRY_AFTER if trouble.kind.alarming else self._settings.longest_pause
        retry_after = usual if trouble.retry_after is None else trouble.retry_after
        return Unknown(str(trouble), retry_after, asked=attempts.made > 0, alarming=trouble.kind.alarming)

    async def _alarm(self, trouble: Trouble, question: Question) -> None:
        if trouble.kind is CONTRADICTION:
            await self._line.distrust()
        self._metrics.alarmed(self.name, question.operation)
        _log.error(
            f"{self.name} gave an answer that can't be believed; it is asked again under the same key.",
            action=f"outside.{trouble.kind.name}",
            operation=question.operation,
            key=question.key,
            reason=str(trouble),
        )

    def note_state(self, state: State) -> None:
        self._metrics.turned(self.name, state)
        say = _log.warning if state is State.OPEN else _log.info
        say(f"The breaker of {self.name} is {state}.", action="outside.breaker", dependency=self.name, state=str(state))


_ANSWERED: Final = Kind("answered", counts=False)
_GIVEN_UP: Final = Kind("given_up")
"""Our own task was cancelled."""


class _Attempts:
    made = 0


class _Pauses:
    """Tells stamina whether to try again, and when."""

    def __init__(self, settings: OutsideSettings) -> None:
        self._settings = settings
        self._failures = 0

    def __call__(self, error: Exception) -> bool | float:
        if not isinstance(error, Trouble) or not error.kind.again:
            return False
        self._failures += 1
        jitter = full_jitter(self._failures, self._settings.first_pause, self._settings.longest_pause)
        # Those who were all told the same time to come back should not come back all at the same time.
        pause = jitter + (error.retry_after or 0.0)
        return pause if leaves(pause + SHORTEST_ATTEMPT) else False


def breaker_of(
    settings: OutsideSettings,
    *,
    on_change: Callable[[State], object] = lambda _: None,
    now: Callable[[], float] = time.monotonic,
) -> Breaker:
    return Breaker(
        failures=settings.breaker_failures,
        pause=settings.breaker_seconds,
        longest_pause=LONGEST_BREAKER_PAUSE,
        probes=settings.breaker_probes,
        now=now,
        on_change=on_change,
    )


LONGEST_BREAKER_PAUSE: Final = 120.0
