"""The answer to a COMMIT is lost, and the platform has to find out what happened. A proxy loses it on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from eventing.appender import Appender
from eventing.errors import Refusal, Unavailable
from eventing.event_store import ANY_VERSION, NO_STREAM, AlreadyDone, Appended
from eventing.postgres.batch import Prepared
from eventing.postgres.engine import make_engine
from eventing.postgres.sender import PostgresSender
from eventing.postgres.store import PostgresEventStore
from tests.support.notes import NoteCodec, append_of, asked, noting, texts
from tests.support.tcp_proxy import TcpProxy

APPENDING = b"append_events"
"""Passes by whenever a batch is sent."""


@pytest.fixture
def proxy(store_url: str) -> Iterator[TcpProxy]:
    server = urlsplit(store_url)
    assert server.hostname is not None
    with TcpProxy(server.hostname, server.port or 5432) as proxy:
        yield proxy


def through(url: str, proxy: TcpProxy) -> str:
    server = urlsplit(url)
    user, at, _ = server.netloc.rpartition("@")
    return server._replace(netloc=f"{user}{at}{proxy.host}:{proxy.port}", query="sslmode=disable").geturl()


@asynccontextmanager
async def opened(
    url: str,
    proxy: TcpProxy,
    sender: type[PostgresSender] = PostgresSender,
    *,
    patience: float = 10.0,
    answer_timeout: float = 15.0,
) -> AsyncIterator[PostgresEventStore]:
    """A store whose appends go through the proxy, and connected already, so that only the append is cut off."""
    appender: Appender[Prepared] = Appender(
        sender(through(url, proxy), answer_timeout=answer_timeout), patience=patience
    )
    engine = make_engine(url, pool_size=1)
    store = PostgresEventStore(NoteCodec(), appender, engine)
    await store.append(noting(f"note-{uuid4()}", NO_STREAM, "connected"))
    try:
        yield store
    finally:
        await appender.close()
        await engine.dispose()


class Forgetful(PostgresSender):
    """The mutant: sends again without asking what is stored."""

    async def find(self, batch: Sequence[Prepared]) -> Sequence[Appended | None]:
        return [None] * len(batch)


async def test_a_command_with_a_key_has_one_effect_and_one_answer(store_url: str, proxy: TcpProxy) -> None:
    stream, key = f"note-{uuid4()}", str(uuid4())
    async with opened(store_url, proxy) as store:
        proxy.lose_reply_to(APPENDING)

        first = await store.append(noting(stream, ANY_VERSION, "once", idempotency=asked(key)))
        again = await store.append(noting(stream, ANY_VERSION, "twice", idempotency=asked(key)))

        assert proxy.triggered.is_set()
        assert again == AlreadyDone(first.position, b"request", b"answer", first.recorded_at)
        assert texts(await store.read(stream)) == ["once"]


async def test_with_the_key_stored_apart_from_the_events_the_effect_is_doubled(store_url: str, proxy: TcpProxy) -> None:
    """The mutant: look for the key, append, keep the key. It is what the transaction is for."""
    stream, key = f"note-{uuid4()}", str(uuid4())

    async def command(store: PostgresEventStore) -> None:
        if await store.recall("tests", key) is None:
            await store.append(noting(stream, ANY_VERSION, "effect"))
            await store.append(append_of(idempotency=asked(key)))

    async with opened(store_url, proxy, Forgetful, patience=0.0) as store:
        proxy.lose_reply_to(APPENDING)
        with pytest.raises(Unavailable):
            await command(store)
        await command(store)

        assert texts(await store.read(stream)) == ["effect", "effect"]


@pytest.mark.parametrize("expected", [NO_STREAM, ANY_VERSION])
async def test_a_command_without_a_key_is_recognised_by_its_events(
    store_url: str, proxy: TcpProxy, expected: int
) -> None:
    streams = [f"note-{uuid4()}" for _ in range(5)]
    async with opened(store_url, proxy) as store:
        proxy.lose_reply_to(APPENDING)

        answers = await asyncio.gather(*(store.append(noting(one, expected, "a", "b")) for one in streams))

        assert proxy.triggered.is_set()
        for stream, answer in zip(streams, answers, strict=True):
            events = await store.read(stream)
            assert texts(events) == ["a", "b"]
            assert answer == Appended(events[-1].position, {stream: 2}, events[-1].recorded_at)


async def test_who_does_not_ask_takes_an_event_that_is_stored_for_refused(store_url: str, proxy: TcpProxy) -> None:
    stream = f"note-{uuid4()}"
    async with opened(store_url, proxy, Forgetful) as store:
        proxy.lose_reply_to(APPENDING)

        with pytest.raises(Refusal):
            await store.append(noting(stream, NO_STREAM, "stored"))

        assert texts(await store.read(stream)) == ["stored"]


async def test_a_statement_that_goes_on_after_the_cut_is_not_doubled(store_url: str, proxy: TcpProxy) -> None:
    """The server still waits for the log's lock while its client is gone: both tries are behind that lock then."""
    stream = f"note-{uuid4()}"
    async with opened(store_url, proxy) as store:
        with psycopg.connect(store_url) as holder:
            holder.execute("SELECT lock_log()")
            appending = asyncio.ensure_future(store.append(noting(stream, ANY_VERSION, "once")))
            await waiting_for_the_log(store_url, 1)
            proxy.cut()
            await waiting_for_the_log(store_url, 2)

        assert isinstance(await appending, Appended)
        assert texts(await store.read(stream)) == ["once"]


async def test_a_short_outage_is_sat_out(store_url: str, proxy: TcpProxy) -> None:
    streams = [f"note-{uuid4()}" for _ in range(5)]
    async with opened(store_url, proxy) as store:
        proxy.refuse()
        proxy.cut()
        appending = [asyncio.ensure_future(store.append(noting(one, NO_STREAM, "late"))) for one in streams]
        await asyncio.wait(appending, timeout=0.2)
        proxy.accept()

        answers = await asyncio.gather(*appending)

        assert all(isinstance(answer, Appended) for answer in answers)


async def test_a_long_outage_is_said_and_ends(store_url: str, proxy: TcpProxy) -> None:
    stream = f"note-{uuid4()}"
    async with opened(store_url, proxy, patience=0.1) as store:
        proxy.refuse()
        proxy.cut()
        with pytest.raises(Unavailable) as noticed:
            await store.append(noting(f"note-{uuid4()}", NO_STREAM, "sent into the cut, perhaps"))
        with pytest.raises(Unavailable) as outage:
            await store.append(noting(stream, NO_STREAM, "never sent"))
        assert noticed.value.facts in ({}, {"stored": "unknown"})
        assert outage.value.facts == {}

        proxy.accept()
        assert isinstance(await store.append(noting(stream, NO_STREAM, "now")), Appended)
        assert texts(await store.read(stream)) == ["now"]


async def test_a_server_that_says_nothing_is_given_up_and_the_append_found(store_url: str, proxy: TcpProxy) -> None:
    """Half open: nothing passes, and nobody is told that the connection has ended."""
    stream = f"note-{uuid4()}"
    async with opened(store_url, proxy, answer_timeout=0.3) as store:
        proxy.delay(60)
        appending = asyncio.ensure_future(store.append(noting(stream, NO_STREAM, "once")))
        await asyncio.wait([appending], timeout=0.4)
        proxy.heal()
        proxy.cut()

        assert isinstance(await appending, Appended)
        assert texts(await store.read(stream)) == ["once"]


async def waiting_for_the_log(url: str, number: int) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 7205321"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection, asyncio.timeout(60):
        while (await (await connection.execute(query)).fetchone() or (0,))[0] < number:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("patience", [0.5, 30.0])
async def test_a_read_whose_answer_is_lost_gives_its_place_in_the_pool_back(
    store_url: str, proxy: TcpProxy, patience: float
) -> None:
    """The mutant has more patience than those who wait."""
    engine = make_engine(through(store_url, proxy), pool_size=1, patience=patience)
    store = PostgresEventStore(NoteCodec(), Appender[Prepared](PostgresSender(store_url)), engine)
    head = await store.head()

    proxy.pause()
    lost = asyncio.create_task(store.head())
    ended, _ = await asyncio.wait([lost], timeout=5)
    proxy.resume()

    if patience < 1:
        assert ended
        with pytest.raises(Unavailable):
            await lost
        assert await store.head() >= head
    else:
        assert not ended
        await lost
    await engine.dispose()
