"""How far the read models are, and waiting until they are far enough: one watcher for all who wait in a process.

Hints move the view at once. They may be lost, so the board is looked at ten times a second as well, which also lets any
answer say where it stands without asking anybody. While no hints can be heard it is looked at every few milliseconds
for those who wait. Each look costs as much as some reads: done always, it is the readers who would have to wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from eventing.consistency import ConsistencyToken
from eventing.consuming import Partition
from eventing.errors import OrderloomError
from projections.reading import Moved, NotServed, Standing

POLL: Final = 0.004
IDLE: Final = 0.1

Look = Callable[[], Awaitable[Mapping[str, Standing]]]
Predicate = Callable[[], bool]


@dataclass(eq=False, slots=True)
class _Waiter:
    satisfied: Predicate
    told: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Progress:
    def __init__(self, look: Look, *, poll: float = POLL, idle: float = IDLE) -> None:
        self._look = look
        self._poll = poll
        self._idle = idle
        self._standings: dict[str, Standing] = {}
        self._waiters: set[_Waiter] = set()
        self._wanted = asyncio.Event()
        self._heard: list[Moved] = []
        """Since the last look began: what it answers may be older."""
        self.listening = False
        """Whether hints are heard."""
        self.reachable = True
        self.on_standing: Callable[[Standing], None] = lambda _: None

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    def standing(self, model: str) -> Standing:
        """As it was seen last; raises `Unavailable` where there is no live build to read from."""
        found = self._standings.get(model)
        if found is None:
            raise NotServed(
                f"There is nothing to read {model} from: it was never built or is lost; `orders projections list` "
                "tells more.",
                code="read_model_unavailable",
            )
        return found

    def shows(self, model: str, tokens: Iterable[ConsistencyToken]) -> bool:
        standing = self._standings.get(model)
        return standing is not None and all(
            standing.visible.get(Partition(token.topic, token.partition), 0) >= token.position for token in tokens
        )

    async def until(self, satisfied: Predicate, seconds: float) -> bool:
        """Whether it came true in time. Asked again whenever something has moved."""
        if satisfied():
            return True
        if seconds <= 0:
            return False
        waiter = _Waiter(satisfied)
        self._waiters.add(waiter)
        if not self.listening:
            self._wanted.set()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await waiter.told
        finally:
            self._waiters.discard(waiter)
        return waiter.told.done() and not waiter.told.cancelled()

    def moved(self, hint: Moved) -> None:
        """A hint tells of what is done, so it is believed; of another build than the live one it is forgotten."""
        self._heard.append(hint)
        if self._believe(hint):
            self.tell()

    def _believe(self, hint: Moved) -> bool:
        """Whether it was news."""
        standing = self._standings.get(hint.model)
        if standing is None or standing.tag != hint.tag:
            return False
        if hint.position <= standing.visible.get(hint.partition, 0):
            return False
        visible = {**standing.visible, hint.partition: hint.position}
        self._standings[hint.model] = standing._replace(visible=visible)
        return True

    async def look(self) -> None:
        self._heard.clear()
        self._standings = dict(await self._look())
        for hint in self._heard:
            self._believe(hint)
        for standing in self._standings.values():
            self.on_standing(standing)
        self.tell()

    def tell(self) -> None:
        for waiter in tuple(self._waiters):
            if not waiter.told.done() and waiter.satisfied():
                waiter.told.set_result(None)

    async def watch(self) -> None:
        """For ever. While the board can't be read the last view stands: it was true then, and it is still reached."""
        while True:
            try:
                await self.look()
                self.reachable = True
            except OrderloomError:
                self.reachable = False
            if self._waiters and not self.listening:
                await asyncio.sleep(self._poll)
            else:
                self._wanted.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._idle):
                        await self._wanted.wait()
