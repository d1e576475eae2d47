"""The one way of a command: propose, append; when the ground has moved meanwhile, look again and propose anew.

With an idempotency key every definite outcome, a refusal too, goes through the appender with the key: whatever order
duplicates come in and whichever process they come to, the first to commit has decided the answer of all. An outcome
that is not definite (a server is away, the ground kept moving) is not stored, and the same key may try again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from command_service.idempotency import IdempotencyKey, Turns
from command_service.preconditions import IfMatch
from command_service.replies import Reply, read_stored
from eventing.consistency import HEADER as CONSISTENCY_TOKEN
from eventing.crash_points import reach
from eventing.envelope import Circumstances
from eventing.errors import Conflict, Refusal
from eventing.event_store import AlreadyDone, Append, Appended, EventStore, Idempotency, InlineWrite, StreamWrite
from eventing.web.auth import Caller

ATTEMPTS: Final = 8
FIRST_PAUSE: Final = 0.005
LONGEST_PAUSE: Final = 0.2


class Asked(NamedTuple):
    """A command's circumstances: who asks, what they believe, and under which name they may ask again."""

    caller: Caller
    circumstances: Circumstances
    refuse: Callable[[Refusal], Reply]
    """What a refusal looks like to this caller."""
    if_match: IfMatch | None = None
    idempotency: IdempotencyKey | None = None


class Proposal(NamedTuple):
    """What was decided: to be appended if the ground has not moved, and what the caller is told then."""

    reply: Reply
    position: int = 0
    """Where the state came from that was decided on; what the caller is told where nothing is written."""
    writes: Sequence[StreamWrite] = ()
    inline: Sequence[InlineWrite] = ()


Propose = Callable[[bool], Awaitable[Proposal]]
"""Loads, decides and raises refusals. It is told whether this is another look, after a conflict."""


class Handler:
    def __init__(self, store: EventStore, partitions: int) -> None:
        self._store = store
        self._partitions = partitions
        self._turns = Turns()

    async def handle(self, asked: Asked, propose: Propose) -> Reply:
        if asked.idempotency is None:
            return await self._decided(asked, propose)
        with await self._turns.wait_for(asked.idempotency):
            try:
                return await self._decided(asked, propose)
            except Conflict:
                raise
            except Refusal as refusal:
                return await self._stored(asked, Proposal(asked.refuse(refusal)))

    async def _decided(self, asked: Asked, propose: Propose) -> Reply:
        for attempt in range(ATTEMPTS):
            try:
                return await self._stored(asked, await propose(attempt > 0))
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
            await asyncio.sleep(_pause(attempt))
        raise AssertionError("unreachable")

    async def _stored(self, asked: Asked, proposal: Proposal) -> Reply:
        key = asked.idempotency
        if key is None and not proposal.writes:
            return self._told(proposal.reply, proposal.position)
        kept = key and Idempotency(key.scope, key.key, key.fingerprint, proposal.reply.stored())
        reach("commands.before_append")
        answer = await self._store.append(Append(proposal.writes, asked.circumstances, kept, proposal.inline))
        reach("commands.committed")
        match answer:
            case Appended(position=position):
                return self._told(proposal.reply, position)
            case AlreadyDone():
                return self._told_again(asked, answer)

    def _told(self, reply: Reply, position: int) -> Reply:
        token = reply.token(position, self._partitions)
        return reply._replace(headers={**reply.headers, CONSISTENCY_TOKEN.lower(): token}) if token else reply

    def _told_again(self, asked: Asked, done: AlreadyDone) -> Reply:
        if asked.idempotency is None or done.fingerprint != asked.idempotency.fingerprint:
            reused = Refusal(
                "This Idempotency-Key was sent with another request before: use a new key for a new request.",
                code="idempotency_key_reused",
            )
            return asked.refuse(reused)
        told = self._told(read_stored(done.answer), done.position)
        return told._replace(headers={**told.headers, "idempotency-replayed": "true"})


def _pause(attempt: int) -> float:
    """Grows, and is spread, so that those who met once do not meet again."""
    return min(FIRST_PAUSE * (1 << attempt), LONGEST_PAUSE) * random.random()  # noqa: S311 - nothing secret depends on it
