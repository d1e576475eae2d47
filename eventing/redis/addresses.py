"""The address of Redis, for whoever can't do without it."""

from __future__ import annotations

from eventing.errors import Misconfigured
from eventing.settings import Settings


def redis_url(settings: Settings) -> str:
    if settings.redis.url is None:
        raise Misconfigured("There is no address for Redis: set ORDERS_REDIS__URL.")
    return settings.redis.url.get_secret_value()
