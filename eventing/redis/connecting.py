"""Clients of Redis that give up soon: whatever is kept there, work goes on without it."""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

PATIENCE: Final = 0.5


def connect(url: str) -> Redis:
    """Makes no connection yet. Belongs to the event loop it is first used in."""
    # By default a failed command is tried again and again with pauses; whoever needs that does it with more sense.
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=once, client_name="orderloom"
    )
