"""A thousand sessions read what they wrote and never less than they have seen, while the projector sleeps at random."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.support.queries.platform import QueryPlatform, QueryProcess, Reader, Writer, ids, query_api
from tests.support.read_models.process import ProjectorProcess

SESSIONS = 1000
AT_ONCE = 100


@dataclass
class Told:
    """What all sessions were told, by kind; and what was less than they had a right to."""

    sources: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    stale: list[str] = field(default_factory=list)


@asynccontextmanager
async def sleeping_at_random(projector: ProjectorProcess, seed: int = 1) -> AsyncIterator[None]:
    chance = random.Random(seed)

    async def sleep_and_wake() -> None:
        while True:
            projector.freeze()
            await asyncio.sleep(chance.uniform(0.05, 0.7))
            projector.thaw()
            await asyncio.sleep(chance.uniform(0.05, 0.5))

    task = asyncio.create_task(sleep_and_wake())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        projector.thaw()


async def session(api: QueryProcess, writer: Writer, customer: str, told: Told) -> None:
    """Places, looks, cancels, looks; and looks once more with nothing but what the last look has said."""
    reader = api.as_(customer)
    order_id, written = await writer.place(customer)
    seen = await look(reader, order_id, 1, written, told)
    seen = await look(reader, order_id, 1, seen, told)
    written = await writer.cancel(order_id, customer)
    seen = await look(reader, order_id, 2, written, told)
    await look(reader, order_id, 2, seen, told)
    for kind, path in (("list", f"/v1/customers/{customer}/orders"), ("search", "/v1/orders")):
        found = await reader.get(path, seen=written, prefer="wait=0.02")
        if found.status_code == 503:  # a list can't be folded from the events of one order
            assert found.json()["code"] in {"not_fresh_enough", "overloaded"}
            assert found.headers["retry-after"]
        elif [(one["order_id"], one["status"]) for one in found.json()["orders"]] != [(order_id, "cancelling")]:
            told.stale.append(f"{kind} of {customer}: {found.text}")
        else:
            told.shown[kind] += 1


async def look(reader: Reader, order_id: str, version: int, seen: str, told: Told) -> str:
    answer = await reader.get(f"/v1/orders/{order_id}", seen=seen, prefer="wait=0.2")
    if answer.status_code != 200 or answer.json()["version"] < version:
        told.stale.append(f"{order_id} at {version}: {answer.status_code} {answer.text[:200]}")
        return seen
    told.sources[answer.headers["read-source"]] += 1
    assert answer.headers["preference-applied"] == "wait=0.2"
    return str(answer.headers["consistency-token"])


async def run_sessions(api: QueryProcess, writer: Writer, name: str, count: int) -> Told:
    told = Told()
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with room:
            await session(api, writer, f"{name}-{number}", told)

    await asyncio.gather(*(one(number) for number in range(count)))
    return told


@pytest.mark.slow
@pytest.mark.timeout(900)  # a minute or two on a machine with nothing else to do
async def test_nobody_reads_less_than_it_wrote_or_saw(
    api: QueryProcess, writer: Writer, projector: ProjectorProcess
) -> None:
    async with sleeping_at_random(projector):
        told = await run_sessions(api, writer, "session", SESSIONS)

    assert told.stale == []
    assert told.sources["read-model"] > SESSIONS, told
    assert told.sources["event-store"] > 0, "the projector slept, so some must have been folded from their events"
    for kind in ("list", "search"):
        assert told.shown[kind], told


async def test_who_does_not_wait_shows_less(
    platform: QueryPlatform, writer: Writer, projector: ProjectorProcess
) -> None:
    """The mutant: tokens are read and not waited for."""
    async with query_api(platform, mutant="does_not_wait") as broken:
        projector.freeze()
        try:
            told = await run_sessions(broken, writer, "mutant", 5)
        finally:
            projector.thaw()

    assert told.stale


async def test_a_token_passes_from_one_caller_to_another(
    platform: QueryPlatform, api: QueryProcess, writer: Writer, projector: ProjectorProcess
) -> None:
    """What one process has shown another one shows too: causality, not chance."""
    async with query_api(platform) as other, sleeping_at_random(projector, seed=2):
        for number in range(30):
            order_id, token = await writer.place("dora")
            first = await api.as_("dora").get("/v1/customers/dora/orders", seen=token)
            assert first.status_code == 200, first.text
            second = await other.as_("dora").get("/v1/customers/dora/orders", seen=first.headers["consistency-token"])
            assert second.status_code == 200, second.text
            assert order_id in ids(second.json()["orders"]), number


async def test_a_bound_on_staleness_is_kept_or_refused(
    api: QueryProcess, writer: Writer, projector: ProjectorProcess
) -> None:
    order_id, token = await writer.place("erna")
    erna = api.as_("erna")
    await erna.get(f"/v1/orders/{order_id}", seen=token)
    async with asyncio.timeout(60):
        while (await erna.get("/v1/customers/erna/orders")).headers["read-staleness"] == "unknown":
            """An API that has just begun can't say yet how old an answer is."""
    projector.freeze()
    try:
        changed = await writer.cancel(order_id, "erna")
        unknown = await erna.get("/v1/customers/erna/orders", seen=changed, prefer="wait=0.1")
        await asyncio.sleep(1.2)  # so that what is shown is more than a second old
        refused = await erna.get("/v1/customers/erna/orders", prefer="max-staleness=1, wait=0.1")
        folded = await erna.get(f"/v1/orders/{order_id}", prefer="max-staleness=0.5, wait=0.1")
        labelled = await erna.get("/v1/customers/erna/orders")
    finally:
        projector.thaw()
    kept = await erna.get("/v1/customers/erna/orders", prefer="max-staleness=1")

    for one in (unknown, refused):
        assert (one.status_code, one.json()["code"]) == (503, "not_fresh_enough")
    assert folded.json()["status"] == "cancelling"
    assert folded.headers["read-source"] == "event-store"
    assert float(labelled.headers["read-staleness"]) > 1
    assert kept.status_code == 200, kept.text
    assert float(kept.headers["read-staleness"]) <= 1.5
    assert kept.json()["orders"][0]["status"] == "cancelling"


async def test_what_was_kept_in_the_process_goes_when_it_changes(
    platform: QueryPlatform, api: QueryProcess, writer: Writer
) -> None:
    async with query_api(platform, QUERY_API__CACHE_SECONDS="60") as keeping:
        assert await shows_the_change(keeping, api, writer, "fred", seconds=30)

    async with query_api(platform, mutant="never_invalidates") as broken:
        assert not await shows_the_change(broken, api, writer, "gerd", seconds=1), "the mutant keeps what has changed"


async def shows_the_change(
    api: QueryProcess, other: QueryProcess, writer: Writer, customer: str, *, seconds: float
) -> bool:
    """Without a token, again and again, as a page that is reloaded; no entry of its ends by itself meanwhile."""
    order_id, token = await writer.place(customer)
    reader, path = api.as_(customer), f"/v1/orders/{order_id}"
    await reader.get(path, seen=token)
    async with asyncio.timeout(30):
        before = await hits(api)
        while await hits(api) == before:
            await reader.get(path)
    changed = await writer.cancel(order_id, customer)
    applied = await other.as_(customer).get(path, seen=changed)
    assert (applied.json()["version"], applied.headers["read-source"]) == (2, "read-model")
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                if (await reader.get(path)).json()["version"] == 2:
                    return True
                await asyncio.sleep(0.02)
    return False


async def hits(api: QueryProcess) -> float:
    """How often this process has answered from what it keeps."""
    metrics = (await api.http.get("/metrics")).text
    hit = 'orderloom_cache_requests_total{model="order_summary",outcome="hit"}'
    (line,) = [one for one in metrics.splitlines() if one.startswith(hit)]
    return float(line.split()[-1])
