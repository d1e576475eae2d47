"""A database with an event store in it, and ways to take a mechanism out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from eventing.postgres.migrating import upgrade
from tests.backing import Backing


@pytest.fixture(scope="module")
def store_url(database_url: str) -> str:
    upgrade(database_url)
    return database_url


@pytest.fixture
def fresh_store_url(backing: Backing, names: str) -> Iterator[str]:
    """A store of the test's own, for tests that break it or that look at the whole log."""
    with own_store(backing.postgres_url, f"{names}_store") as url:
        yield url


@pytest.fixture
def empty_database_url(backing: Backing, names: str) -> Iterator[str]:
    """A database with nothing in it."""
    with own_store(backing.postgres_url, f"{names}_empty", upgraded=False) as url:
        yield url


@contextmanager
def own_store(server_url: str, name: str, *, upgraded: bool = True) -> Iterator[str]:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
    try:
        if upgraded:
            upgrade(url)
        yield url
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def take_out() -> Callable[..., None]:
    return take_out_of


def take_out_of(url: str, function: str, *changes: tuple[str, str]) -> None:
    """The mutant: the database's function with pieces of its text replaced. Each has to be there."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute("SELECT pg_get_functiondef(%s::regproc)", (function,)).fetchone()
        assert found is not None
        text = found[0]
        for mechanism, instead in changes:
            assert mechanism in text, f"{function} has no {mechanism!r} any more: bring the mutant up to date"
            text = text.replace(mechanism, instead)
        connection.execute(text)
