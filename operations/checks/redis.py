"""Redis 6.2 or newer, or what is compatible with it."""

from __future__ import annotations

import re
from typing import Final

from eventing.locations import masked
from eventing.settings import Settings
from operations.checks.finding import PATIENCE, Check, Server, not_given

OLDEST: Final = (6, 2)


def look(settings: Settings) -> str:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    if settings.redis.url is None:
        raise not_given("Redis", "ORDERS_REDIS__URL")
    url = settings.redis.url.get_secret_value()
    server = Server("Redis", "ORDERS_REDIS__URL", masked(url))
    try:
        with redis.Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        ) as client:
            version = str(client.info("server")["redis_version"])
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise server.refuses_us(error) from None
    except redis.InvalidResponse as error:
        raise server.stranger(error) from None
    except redis.ResponseError as error:
        raise (server.refuses_us if "auth" in str(error).lower() else server.stranger)(error) from None
    except redis.RedisError as error:
        raise server.unreachable(error) from None
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST:
        raise server.too_old(version, "6.2 or newer")
    return server.found(version)


CHECK = Check("redis", look, ("redis",))
