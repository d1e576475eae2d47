from __future__ import annotations

import psycopg
import redis

from tests.backing import Backing


def test_each_module_has_a_database_of_its_own(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()

    assert tables == (0,)


def test_each_module_has_keys_of_its_own(redis_url: str, backing: Backing) -> None:
    with redis.Redis.from_url(redis_url) as own, redis.Redis.from_url(backing.redis_url) as shared:
        own.set("key", "mine")

        assert shared.get("key") is None
        assert own.dbsize() == 1
