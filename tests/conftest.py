"""Fixtures for tests against real servers. Tests share the servers and keep apart by names."""

from __future__ import annotations

import secrets
import signal
import string
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, settings
from psycopg import sql

from tests import backing as servers
from tests.backing import Backing

CLAIM_SECONDS = 3600

# How long an example takes says how busy the machine is, and nothing about what is tested.
settings.register_profile("orderloom", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("orderloom")


def pytest_configure() -> None:
    # A run in the background of a shell has Ctrl-C ignored, and would hand that on to the programs under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    servers.begin_run()
    try:
        servers.prepare()
    except servers.CannotBeHad as wanting:
        raise pytest.UsageError(str(wanting)) from None


def pytest_unconfigure() -> None:
    servers.end_run()


@pytest.fixture(scope="session")
def backing() -> Backing:
    """The addresses of the five servers."""
    return servers.backing()


@pytest.fixture(scope="module")
def database_url(backing: Backing) -> Iterator[str]:
    """A fresh, empty database for one module, dropped afterwards."""
    name = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield urlsplit(backing.postgres_url)._replace(path=f"/{name}").geturl()
    with psycopg.connect(backing.postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def redis_url(backing: Backing) -> Iterator[str]:
    """A logical database for one module, emptied before and after. Which are in use is written in database 0."""
    with redis.Redis.from_url(backing.redis_url) as client:
        number = _claim_database(client)
        url = urlsplit(backing.redis_url)._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(url) as own:
            own.flushdb()
            yield url
            own.flushdb()
        client.delete(_claim(number))


@pytest.fixture
def names() -> str:
    """A prefix that no other test uses, for topics, indices, keys and subjects."""
    return secrets.choice(string.ascii_lowercase) + secrets.token_hex(5)


def _claim_database(client: redis.Redis) -> int:
    count = int(cast(dict[str, str], client.config_get("databases"))["databases"])
    for number in range(1, count):
        if client.set(_claim(number), "claimed", nx=True, ex=CLAIM_SECONDS):
            return number
    pytest.fail(f"all {count - 1} logical databases of Redis are claimed by other tests")


def _claim(number: int) -> str:
    return f"orderloom:test:database:{number}"
