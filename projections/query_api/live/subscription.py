"""One listener: what it listens to, how far it has been told, and a short queue of what it has still to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from eventing.consuming import Partition
from eventing.web.auth import Admitted

QUEUE: Final = 256
"""Messages that wait for one listener. Who lets more pile up is too slow, and is let go so that nobody waits for it."""

FOR_NEWS: Final = 1 / 4
"""So much of it stays free while one catches up: who has not read all that there was may still hear what is new."""

PATIENCE: Final = 10.0
"""Seconds in which one who catches up has to take something."""

Reason = Literal["slow", "expired", "draining"]


class Subject(NamedTuple):
    kind: Literal["order", "customer"]
    id: str


class Message(NamedTuple):
    id: str
    """Sent back when listening is taken up again, nothing after it is missed."""
    event: str
    data: bytes


@dataclass(eq=False, slots=True)
class Subscription:
    subject: Subject
    admitted: Admitted
    position: int = 0
    """Of an order: everything up to here was told, or was known before."""
    view: Mapping[Partition, int] = field(default_factory=dict)
    """Of a customer: the same, by partition."""
    told: dict[str, int] = field(default_factory=dict)
    """Of a customer: order → the position of what was told of it last."""
    is_catching_up: bool = True
    """It is still being told what there was when it began; what is new comes after that."""
    queue: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    """Since it was asked for last, something was taken out of the queue."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    reason: Reason | None = None

    def tell(self, message: Message) -> None:
        if self.reason is not None:
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.end("slow")

    async def hand(self, message: Message) -> None:
        """Waits for room: of what there is when it begins a listener can't have read anything yet."""
        try:
            while self.reason is None and self.queue.qsize() >= self.queue.maxsize * (1 - FOR_NEWS):
                self.taken.clear()
                async with asyncio.timeout(PATIENCE):
                    await self.taken.wait()
        except TimeoutError:
            self.end("slow")
        self.tell(message)

    async def next(self) -> Message:
        message = await self.queue.get()
        self.taken.set()
        return message

    def end(self, reason: Reason) -> None:
        if self.reason is None:
            self.reason = reason
            self.ended.set()
