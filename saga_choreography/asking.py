"""Asks the outside world what open intents want to know: many at a time, each for as long as it takes.

One thread claims intents and keeps answers, an event loop beside it asks. Whoever crashes leaves claims that others
take up when their lease has passed, with the same intent and so with the same key for the provider. An answer that is
not definite puts its intent off, further each time; all other orders go on.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from threading import Event
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import structlog

from eventing.backoff import full_jitter
from eventing.cancelling import cancelled
from eventing.crash_points import reach
from eventing.deadline import within
from eventing.errors import OrderloomError, Refusal, Unavailable
from saga_choreography.answering import Answering, Given
from saga_choreography.outside import Rejected, Unknown
from saga_choreography.ports import Claimed, IntentDesk, Postponed
from saga_choreography.pulse import Pulse
from saga_choreography.questions import Answer, Ask

IDLE_SECONDS: Final = 0.05
"""Between looks for intents that another process has opened or that are due again."""
STANDING_SECONDS: Final = 1.0
LONGEST_REST: Final = 5.0

_log = structlog.get_logger("orderloom.saga")
OpenLine = Callable[[], AbstractAsyncContextManager[Ask]]


class Rules(NamedTuple):
    concurrency: int
    """Questions under way at a time."""
    ask_seconds: float
    """That one question may take; less than the lease, so that no two processes ask at once."""
    first_pause: float
    longest_pause: float
    drain_seconds: float


class _Came(NamedTuple):
    claimed: Claimed
    answer: Answer


class Asker:
    """Belongs to one thread, which `run` occupies."""

    def __init__(self, desk: IntentDesk, answering: Answering, open_line: OpenLine, rules: Rules, pulse: Pulse) -> None:
        self._desk = desk
        self._answering = answering
        self._open_line = open_line
        self._rules = rules
        self._pulse = pulse
        self._came: queue.SimpleQueue[_Came | None] = queue.SimpleQueue()
        self._under_way: dict[UUID, Claimed] = {}
        self._unkept: list[_Came] = []
        self._standing_at = 0.0

    def wake(self) -> None:
        """There may be something to ask. May be called by any thread."""
        self._came.put(None)

    def run(self, stop: Event) -> None:
        """Until told to stop; then what is under way may still be answered for a while."""
        with _Loop(self._open_line) as loop:
            failures = 0
            while not stop.is_set():
                try:
                    self._go_on(loop)
                    failures = 0
                except Unavailable as error:
                    failures += 1
                    self._pulse.trip(error)
                    stop.wait(full_jitter(failures, 0.1, LONGEST_REST))
            self._drain()
        self._answering.close()

    def _go_on(self, loop: _Loop) -> None:
        asked = self._claim(loop)
        self._collect(0 if asked else IDLE_SECONDS)
        self._keep()
        if time.monotonic() >= self._standing_at:
            self._standing_at = time.monotonic() + STANDING_SECONDS
            self._pulse.owes(*self._desk.standing())
            self._pulse.well()

    def _claim(self, loop: _Loop) -> bool:
        room = self._rules.concurrency - len(self._under_way)
        claimed = self._desk.claim(room) if room > 0 else []
        if not claimed:
            return False
        reach("saga.claimed")
        intents = self._answering.intents(claimed)
        for each in claimed:
            intent = intents.get(each.intent_id)
            if intent is not None:
                self._under_way[each.intent_id] = each
                loop.begin(self._ask(loop.ask, each, intent))
        return True

    async def _ask(self, ask: Ask, claimed: Claimed, intent: object) -> None:
        answer: Answer
        try:
            with within(self._rules.ask_seconds):
                answer = await ask(intent)
        except Exception as error:  # noqa: BLE001 - nothing is known then, and nothing may get lost over it
            _log.exception("asking_failed", order_id=claimed.order_id)
            answer = Unknown(f"{type(error).__name__}: {error}", 0.0)
        self._came.put(_Came(claimed, answer))

    def _collect(self, seconds: float) -> None:
        """What has been answered by now; waits for the first if there is nothing else to do."""
        with suppress(queue.Empty):
            came = self._came.get(timeout=seconds) if seconds else self._came.get_nowait()
            while True:
                if came is not None:
                    self._unkept.append(came)
                came = self._came.get_nowait()

    def _keep(self) -> None:
        """Nothing is forgotten before it is kept: what the database can't take now is kept later."""
        if not self._unkept:
            return
        reach("saga.asked_before_answer")
        unknown = [(each.claimed, each.answer) for each in self._unkept if isinstance(each.answer, Unknown)]
        rejected = [(each.claimed, each.answer) for each in self._unkept if isinstance(each.answer, Rejected)]
        given = [
            Given(each.claimed.order_id, each.claimed.intent_id, each.answer)
            for each in self._unkept
            if not isinstance(each.answer, Unknown | Rejected)
        ]
        if given:
            self._settle(given)
        self._desk.postpone([self._postponed(*each) for each in unknown])
        for claimed, answer in rejected:
            self._desk.reject(claimed.intent_id, answer.why)
        self._pulse.postponed += len(unknown)
        for each in self._unkept:
            self._under_way.pop(each.claimed.intent_id, None)
        self._unkept = []

    def _settle(self, given: Sequence[Given]) -> None:
        """Answers that can't be believed, or can't be kept, wait for an operator; each alone."""
        try:
            self._answering.keep(given)
            self._pulse.answers += len(given)
        except Refusal as refusal:
            if len(given) == 1:
                self._desk.reject(given[0].intent_id, str(refusal))
                return
            for each in given:
                self._settle([each])

    def _postponed(self, claimed: Claimed, unknown: Unknown) -> Postponed:
        pause = full_jitter(claimed.attempts + 1, self._rules.first_pause, self._rules.longest_pause)
        if unknown.alarming:
            _log.error("provider_contradicts", order_id=claimed.order_id, why=unknown.why)
        return Postponed(claimed.intent_id, unknown.why, max(pause, unknown.retry_after), unknown.asked)

    def _drain(self) -> None:
        until = time.monotonic() + self._rules.drain_seconds
        with suppress(OrderloomError):
            while self._under_way and time.monotonic() < until:
                self._collect(IDLE_SECONDS)
                self._keep()
            self._desk.release(list(self._under_way))


class _Loop:
    """An event loop in a thread of its own, with the line to the outside open in it."""

    def __init__(self, open_line: OpenLine) -> None:
        self._open_line = open_line
        self._loop = asyncio.new_event_loop()
        self._ready: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="asking", daemon=True)
        self._ending = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.ask: Ask

    def begin(self, question: Coroutine[Any, Any, None]) -> None:
        self._loop.call_soon_threadsafe(self._begin, question)

    def __enter__(self) -> Self:
        self._thread.start()
        if (error := self._ready.get()) is not None:
            self._thread.join()
            raise error
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    def _begin(self, question: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(question)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        try:
            async with self._open_line() as self.ask:
                self._ready.put(None)
                await self._ending.wait()
                await cancelled(self._tasks)
        except BaseException as error:
            self._ready.put(error)
            if not isinstance(error, Exception):
                raise
