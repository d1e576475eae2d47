"""Clients of Redis that give up soon: whatever is kept there, work goes on without it."""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis

PATIENCE: Final = 0.5


def connect(url: str) -> Redis:
    """Makes no connection yet. Belongs to the event loop it is first used in."""
    return Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, client_name="orderloom")
