"""How the log is read: in batches, and with a bound when the database falls silent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from eventing.errors import Unavailable
from eventing.postgres.database import Database
from eventing.postgres.log_reader import LogReader
from tests.support.relays.checker import read_store
from tests.support.relays.installation import Installation, write
from tests.support.tcp_proxy import TcpProxy

PATIENCE = 1.0
ALL, PLENTY = 1000, 2**20


@pytest.fixture
def proxy(installation: Installation) -> Iterator[TcpProxy]:
    server = urlsplit(installation.postgres_url)
    assert server.hostname
    assert server.port
    with TcpProxy(server.hostname, server.port) as running:
        yield running


@pytest.fixture
def log(installation: Installation, proxy: TcpProxy) -> Iterator[LogReader]:
    server = urlsplit(installation.postgres_url)
    through_proxy = server._replace(netloc=server.netloc.replace(f":{server.port}", f":{proxy.port}")).geturl()
    database = Database(through_proxy, application_name="test", patience=PATIENCE)
    yield LogReader(database)
    database.close()


def test_batches_follow_each_other_without_a_gap(installation: Installation, log: LogReader) -> None:
    write(installation, 5)
    stored = read_store(installation.postgres_url)

    first = log.read(0, 4, PLENTY)
    rest = log.read(first[-1][0], ALL, PLENTY)

    found = [(row[0], row[1], int(row[2]), row[3], row[11]) for row in [*first, *rest]]
    assert len(first) == 4
    assert found == [tuple(each) for each in stored]
    assert log.read(found[-1][0], ALL, PLENTY) == []


def test_a_batch_ends_where_its_bodies_are_too_many_bytes_but_never_before_its_first(
    installation: Installation, log: LogReader
) -> None:
    write(installation, 2)
    bodies = [len(each.body) for each in read_store(installation.postgres_url)]

    assert [row[0] for row in log.read(0, ALL, 1)] == [1]
    assert [row[0] for row in log.read(0, ALL, bodies[0] + bodies[1])] == [1, 2]


def test_a_database_that_falls_silent_costs_a_bounded_time_and_is_asked_anew(
    installation: Installation, log: LogReader, proxy: TcpProxy
) -> None:
    write(installation, 1)
    assert len(log.read(0, ALL, PLENTY)) == 2

    proxy.pause()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        log.read(0, ALL, PLENTY)
    spent = time.monotonic() - began
    proxy.cut()
    proxy.resume()

    assert PATIENCE <= spent < 5 * PATIENCE
    assert len(log.read(0, ALL, PLENTY)) == 2


def test_a_statement_that_fails_is_told_in_words_and_the_next_one_works(
    installation: Installation, log: LogReader
) -> None:
    write(installation, 1)
    assert len(log.read(0, ALL, PLENTY)) == 2

    installation.query("ALTER TABLE events RENAME TO away")
    with pytest.raises(Unavailable, match="orders db upgrade"):
        log.read(0, ALL, PLENTY)
    installation.query("ALTER TABLE away RENAME TO events")

    assert len(log.read(0, ALL, PLENTY)) == 2
