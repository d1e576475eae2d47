"""All live streams of a process: hints say where to look, what is told comes from the store and the read models.

A hint that is lost delays: everything that somebody listens to is looked at now and then, hint or no hint. Who begins
to listen is told what there is at its own pace, and of news together with the others from then on. A listener that is
too slow, whose token ends, or whose process is about to stop, is let go; it comes back with the id of the last message
that it got, and misses nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Final, NamedTuple

import structlog

from eventing.cancelling import cancelled
from eventing.consuming import Partition
from eventing.errors import OrderloomError
from eventing.web.auth import Admitted
from eventing.web.refusals import EdgeRefusal
from projections.query_api.live.feeds import ALL, RECENT, CustomerFeed, OrderFeed
from projections.query_api.live.subscription import Subject, Subscription
from projections.reading import Changed, NotServed

TICK: Final = 0.25
CHECK: Final = 2.0
DEEP_CHECK: Final = 30.0
REST: Final = 0.5
"""Seconds after a look that failed."""

_log = structlog.get_logger("orderloom.live")


class Limits(NamedTuple):
    streams: int = 500
    per_caller: int = 20


class Streams:
    def __init__(
        self,
        orders: OrderFeed,
        customers: CustomerFeed,
        limits: Limits,
        draining: Callable[[], bool],
    ) -> None:
        self._orders = orders
        self._customers = customers
        self._limits = limits
        self._draining = draining
        self._open: dict[Subject, list[Subscription]] = defaultdict(list)
        self._callers: Counter[str] = Counter()
        self._dirty: dict[Subject, set[str]] = {}
        """Of customers: the orders of which hints came."""
        self._missed: dict[Subject, set[str]] = {}
        """The same, for those who were not level when they came."""
        self._to_look: dict[Subject, int] = {}
        self._news = asyncio.Event()
        self.dropped: Callable[[str], None] = lambda _: None

    @property
    def count(self) -> int:
        return self._callers.total()

    def open(
        self, subject: Subject, admitted: Admitted, *, position: int = 0, view: Mapping[Partition, int] | None = None
    ) -> Subscription:
        """The first messages are what has happened since; without a place to go on from, all there is."""
        caller = admitted.caller.subject
        if self.count >= self._limits.streams or self._callers[caller] >= self._limits.per_caller:
            raise EdgeRefusal("There are as many live streams as there may be: close some.", code="too_many_streams")
        opened = Subscription(subject, admitted, position, view or {})
        self._open[subject].append(opened)
        self._callers[caller] += 1
        return opened

    async def serve(self, subscription: Subscription, send: Coroutine[Any, Any, None]) -> None:
        """Until all is sent or the subscription is over; then sending is stopped, wherever it hangs."""
        sender, over = asyncio.create_task(send), asyncio.create_task(subscription.ended.wait())
        catching_up = asyncio.create_task(self.catch_up(subscription))
        try:
            await asyncio.wait({sender, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled((sender, over, catching_up))

    async def catch_up(self, subscription: Subscription) -> None:
        feed = self._orders if subscription.subject.kind == "order" else self._customers
        while subscription.is_catching_up:
            try:
                await feed.catch_up(subscription)
            except Exception as error:  # noqa: BLE001 - whatever it is, a stream that is silent would look like no news
                if not isinstance(error, OrderloomError):
                    _log.exception("A live stream could not be told what there is.", action="live.fault")
                await asyncio.sleep(REST)
            else:
                # What came meanwhile it was not told with the others.
                subscription.is_catching_up = False
                self._look_at(subscription.subject, ALL, self._missed.pop(subscription.subject, ()))

    def close(self, subscription: Subscription) -> None:
        listeners = self._open[subscription.subject]
        listeners.remove(subscription)
        self._callers[subscription.admitted.caller.subject] -= 1
        if not listeners:
            del self._open[subscription.subject]
            self._dirty.pop(subscription.subject, None)
            self._missed.pop(subscription.subject, None)
        if subscription.reason is not None:
            self.dropped(subscription.reason)

    def changed(self, hint: Changed) -> None:
        order = Subject("order", hint.document_id)
        if order in self._open:
            self._look_at(order, 0)
        customer = Subject("customer", hint.label.rpartition(" ")[2])
        if customer in self._open:
            self._look_at(customer, 0, [hint.document_id])

    def look_at_all(self, depth: int = ALL) -> None:
        for subject in self._open:
            self._look_at(subject, depth)

    async def tell(self) -> None:
        """Looks where something may have happened, and tells those who listen there."""
        to_look, self._to_look = self._to_look, {}
        dirty = {subject: self._dirty.pop(subject) for subject in to_look if subject in self._dirty}
        try:
            # The store first, then the models: neither need wait for the other's outage in the next round.
            await self._orders.tell(
                {s.id: level for s in to_look if s.kind == "order" and (level := self._level_with(s))}
            )
            again = {}
            for subject, depth in to_look.items():
                if subject.kind != "customer" or subject not in self._open:
                    continue
                level, hinted = self._level_with(subject), dirty.get(subject, ())
                if hinted and len(level) < len(self._open[subject]):
                    self._missed.setdefault(subject, set()).update(hinted)
                if level:
                    try:
                        await self._customers.tell(subject.id, level, hinted, depth)
                    except NotServed:  # something of this one's can't be read: nobody else waits for its repair
                        again[subject] = depth
        except OrderloomError:
            again = to_look
        if again:
            for subject, depth in again.items():
                self._look_at(subject, depth, dirty.get(subject, ()))
            await asyncio.sleep(REST)

    async def watch(self) -> None:
        """For ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.tell()
            except Exception:  # noqa: BLE001 - one document that can't be told must not silence all streams
                _log.exception("Live streams could not be told of something.", action="live.fault")
                await asyncio.sleep(REST)

    async def keep_order(self) -> None:
        """For ever: ends what has to end, and looks at everything now and then."""
        checked_at = deep_at = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            self.end_what_is_over()
            now = time.monotonic()
            if now - checked_at >= CHECK:
                deep = now - deep_at >= DEEP_CHECK
                self.look_at_all(ALL if deep else RECENT)
                checked_at, deep_at = now, now if deep else deep_at

    def end_what_is_over(self) -> None:
        now, draining = time.time(), self._draining()
        for listeners in self._open.values():
            for one in listeners:
                if draining:
                    one.end("draining")
                elif one.admitted.until <= now:
                    one.end("expired")

    def _level_with(self, subject: Subject) -> list[Subscription]:
        """Those who have been told what there was."""
        return [one for one in self._open.get(subject, ()) if not one.is_catching_up]

    def _look_at(self, subject: Subject, depth: int, hinted: Collection[str] = ()) -> None:
        self._to_look[subject] = max(depth, self._to_look.get(subject, 0))
        if hinted:
            self._dirty.setdefault(subject, set()).update(hinted)
        self._news.set()
