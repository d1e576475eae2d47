from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from command_service.coalescing import Coalesced


class Trips:
    """A server that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.go = asyncio.Event()
        self.failure: Exception | None = None

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(sorted(keys))
        await self.go.wait()
        if self.failure:
            raise self.failure
        return {key: f"{key}{len(self.asked)}" for key in keys}


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_during_a_round_trip_shares_the_next_one() -> None:
    trips = Trips()
    rows = Coalesced(trips.fetch)
    first = asyncio.create_task(rows.get(["a"]))
    await settle()
    later = [asyncio.create_task(rows.get(keys)) for keys in (["a", "b"], ["b", "c"])]
    await settle()

    trips.go.set()

    assert await first == {"a": "a1"}
    # "a" was read anew: what was under way had been asked before.
    assert [await answer for answer in later] == [{"a": "a2", "b": "b2"}, {"b": "b2", "c": "c2"}]
    assert trips.asked == [["a"], ["a", "b", "c"]]


async def test_a_failure_is_told_to_all_who_wait_and_the_next_trip_is_made() -> None:
    trips = Trips()
    rows = Coalesced(trips.fetch)
    trips.failure = ConnectionError("gone")
    trips.go.set()

    for answer in await asyncio.gather(rows.get(["a"]), rows.get(["b"]), return_exceptions=True):
        assert isinstance(answer, ConnectionError)

    trips.failure = None
    assert await rows.get(["a"]) == {"a": "a2"}


async def test_a_caller_who_leaves_takes_nobody_along() -> None:
    trips = Trips()
    rows = Coalesced(trips.fetch)
    leaving, staying = asyncio.create_task(rows.get(["a"])), asyncio.create_task(rows.get(["a"]))
    await settle()

    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    trips.go.set()

    assert await staying == {"a": "a1"}
