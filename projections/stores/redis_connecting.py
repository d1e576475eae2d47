"""A client of Redis for one thread of a worker, and its failures as the platform's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.retry import Retry

from eventing.errors import Misconfigured, Unavailable

PATIENCE: Final = 5.0
"""Seconds for an answer: a script with a full batch takes some hundredths of one."""
CONNECT_SECONDS: Final = 1.0


def connect(url: str, *, patience: float = PATIENCE) -> Redis:
    """Makes no connection yet. Whoever uses it tries again by itself, and knows when that makes sense."""
    return Redis.from_url(
        url,
        socket_connect_timeout=min(CONNECT_SECONDS, patience),
        socket_timeout=patience,
        retry=Retry(NoBackoff(), 0),
        client_name="orderloom-projections",
    )


@contextmanager
def answering() -> Iterator[None]:
    try:
        yield
    except (AuthenticationError, NoPermissionError) as error:
        raise Misconfigured(f"Redis lets this user not in ({error}): check ORDERS_REDIS__URL.") from error
    except (RedisError, OSError) as error:
        raise Unavailable(f"Redis: {str(error) or type(error).__name__}.") from error


def demand_no_eviction(client: Redis) -> None:
    """A store that throws documents away to make room loses what nobody has noticed."""
    with answering():
        memory = client.info("memory")
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        raise Misconfigured(f"Redis throws keys away when it is full ({policy}): set maxmemory-policy to noeviction.")
