"""Read models in Redis as the query API reads them: from the live build of each, unparsed, a round trip a question.

A Redis that was emptied a moment ago answers like one in which there is nothing yet. So whatever may be empty brings
along whether the build is there: asked last, so that all that was read before was read while it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from eventing.consuming import Mark, Partition
from projections.generations import Build
from projections.names import RedisNames, bucket_of
from projections.read_model import ReadModel
from projections.reading import Changed, Hint, Kept, ListEntry, Moved, NotServed, Reconnected, Standing
from projections.stores.shared_trips import SharedTrips

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
SILENCE: Final = 10.0
"""Seconds without any hint after which the channel is asked whether it is still there."""

# KEYS[1] tells whether the build is there; it is looked at only where something is missing.
_READ: Final = """
local found, missing = {}, false
for i = 2, #KEYS do
  local kept = redis.call('HGET', KEYS[i], ARGV[i - 1])
  found[i - 1] = kept
  if not kept then missing = true end
end
if missing and redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
return found
"""

TagOf = Callable[[str], Awaitable[str | None]]


class RedisReader:
    """`searched` tells the live build of the models that are kept elsewhere and only have their board here."""

    def __init__(
        self, client: Redis, names: RedisNames, models: Sequence[ReadModel], searched: TagOf, topic_prefix: str = ""
    ) -> None:
        self._client = client
        self._names = names
        self._kept = [model.name for model in models if model.store == "redis"]
        self._searched = [model.name for model in models if model.store == "elasticsearch"]
        self._announcing = [model.name for model in models if model.announces]
        self._searched_tag = searched
        self._summed = {model.name: {f.topic for f in model.families if f.sums is not None} for model in models}
        self._topic_prefix = topic_prefix
        self._tags: dict[str, str] = {}
        self._read: Any = client.register_script(_READ)
        self._trips: dict[str, SharedTrips[str, bytes | None]] = {}

    async def standings(self) -> Mapping[str, Standing]:
        searched = {model: await self._searched_tag(model) for model in self._searched}
        tags, boards = await self._boards(searched)
        if tags != self._tags:
            # A build was switched: what was read just now may be the board of another one.
            self._tags = tags
            self._trips.clear()
            tags, boards = await self._boards(searched)
        return {model: self._standing(model, tag, *boards[model]) for model, tag in tags.items() if model in boards}

    async def documents(self, model: str, tag: str, ids: Sequence[str]) -> Sequence[Kept | None]:
        base = _base(self._names, model, tag)
        if len(ids) == 1:
            trips = self._trips.get(base) or self._trips.setdefault(base, SharedTrips(partial(self._found, base)))
            return [_kept(await trips.go(ids[0]))]
        return [_kept(value) for value in await self._found(base, ids)]

    async def _found(self, base: str, ids: Sequence[str]) -> Sequence[bytes | None]:
        """One call whatever their number: each command of a pipeline would cost the client as much as a question."""
        with _explained():
            found = await self._read([f"{base}made", *(_documents(base, one) for one in ids)], ids)
        if found == b"gone":
            raise _gone()
        return cast("Sequence[bytes | None]", found)

    async def listed(self, model: str, tag: str, name: str, *, below: int | None, limit: int) -> Sequence[ListEntry]:
        base, start = _base(self._names, model, tag), "+inf" if below is None else f"({below}"

        def ask(pipe: Pipeline) -> None:
            key = f"{base}list:{name}"
            pipe.zrange(key, start, "-inf", desc=True, byscore=True, offset=0, num=limit, withscores=True)

        (found,) = await self._there(base, ask)
        return [ListEntry(int(score), member.decode()) for member, score in found]

    async def listed_by_id(self, model: str, tag: str, name: str, *, after: str, limit: int) -> Sequence[str]:
        base, start = _base(self._names, model, tag), f"({after}" if after else "-"
        key = f"{base}list:{name}"
        (found,) = await self._there(base, lambda pipe: pipe.zrange(key, start, "+", bylex=True, offset=0, num=limit))
        return [member.decode() for member in found]

    async def count(self, model: str, tag: str, name: str) -> int:
        base = _base(self._names, model, tag)
        (found,) = await self._there(base, lambda pipe: pipe.zcard(f"{base}list:{name}"))
        return int(found)

    async def sums(self, model: str, tag: str, groups: Sequence[str]) -> Sequence[Mapping[str, int]]:
        base = _base(self._names, model, tag)
        with _explained():
            places = [place.decode() for place in await _told(self._client.hkeys(f"{base}applied"))]
        places = [place for place in places if self._partition(place).topic in self._summed[model]]
        keys = [f"{base}sum:{group}:{place}" for group in groups for place in places]
        parts = await self._there(base, lambda pipe: [pipe.hgetall(key) for key in keys])
        each = len(places)
        return [_added(parts[n * each : (n + 1) * each]) for n in range(len(groups))]

    async def _there(self, base: str, ask: Callable[[Pipeline], object]) -> Sequence[Any]:
        """What was asked, of a build that is there. One that is gone has answered nothing, whatever came."""
        with _explained():
            async with self._client.pipeline(transaction=False) as pipe:
                ask(pipe)
                pipe.exists(f"{base}made")
                *answers, is_there = await pipe.execute()
        if not is_there:
            raise _gone()
        return answers

    async def hints(self) -> AsyncIterator[Hint]:
        channels = {self._names.moved(): ""} | {self._names.changed(model): model for model in self._announcing}
        with _explained():
            async with self._client.pubsub() as pubsub:
                await pubsub.subscribe(*channels)
                asked = False
                while True:
                    message = await pubsub.get_message(timeout=SILENCE)
                    if message is None:
                        if asked:
                            raise TimeoutError  # half open: the other end has gone without a word
                        await pubsub.ping()
                    asked = message is None
                    if message is None or message["type"] == "pong":
                        continue
                    if message["type"] == "subscribe":
                        yield Reconnected()
                        continue
                    model = channels[message["channel"].decode()]
                    for line in message["data"].decode().splitlines():
                        if hint := self._hint(model, line):
                            yield hint

    def _hint(self, model: str, line: str) -> Hint | None:
        words = line.split(" ", 2 if model else 4)
        try:
            if model:
                return Changed(model, words[0], int(words[1]), words[2] if len(words) > 2 else "")
            name, tag, kind, place, position = words
            visible = kind == ("searchable" if name in self._searched else "applied")
            return Moved(name, tag, self._partition(place), int(position)) if visible else None
        except (ValueError, IndexError):
            return None  # a hint is worth no more than a look, and a look comes anyway

    async def _boards(self, searched: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, tuple[Any, Any]]]:
        """Live builds as they are now, and the boards of those that were live when this was asked last."""
        asked = {**self._tags, **{model: tag for model, tag in searched.items() if tag}}
        with _explained():
            async with self._client.pipeline(transaction=False) as pipe:
                for model in self._kept:
                    pipe.get(self._names.live(model))
                for model, tag in asked.items():
                    base = _base(self._names, model, tag)
                    pipe.hgetall(f"{base}applied")
                    pipe.hgetall(f"{base}searchable")
                answers = await pipe.execute()
        live = zip(self._kept, answers, strict=False)
        tags = {model: tag.decode() for model, tag in live if tag}
        tags |= {model: tag for model, tag in searched.items() if tag}
        rest = answers[len(self._kept) :]
        return tags, {model: (rest[2 * n], rest[2 * n + 1]) for n, model in enumerate(asked)}

    def _standing(self, model: str, tag: str, applied: Any, searchable: Any) -> Standing:
        marks = {self._partition(place.decode()): _mark(text) for place, text in applied.items()}
        if model in self._searched:
            visible = {self._partition(place.decode()): int(text.split()[-1]) for place, text in searchable.items()}
        else:
            visible = {partition: mark.position for partition, mark in marks.items()}
        return Standing(tag, marks, visible)

    def _partition(self, place: str) -> Partition:
        topic, _, number = place.rpartition("/")
        return Partition(topic.removeprefix(self._topic_prefix), int(number))


def _base(names: RedisNames, model: str, tag: str) -> str:
    """Readers know the tag alone: of a build no other part is in the names of its keys."""
    generation, _, number = tag.removeprefix("g").partition("-")
    return names.base(Build(model, int(generation), int(number), "live", "", "", NEVER))


def _documents(base: str, document_id: str) -> str:
    return f"{base}docs:{bucket_of(document_id):02x}"


def _kept(value: bytes | None) -> Kept | None:
    if value is None:
        return None
    head, _, body = value.partition(b"\n")
    position, _, label = head.partition(b" ")
    try:
        if not body:
            return None
        if body[:1] == b"{" and body[-1:] == b"}":  # no more is looked at: it is passed on as it is
            return Kept(int(position), label.decode(), body)
    except ValueError:
        pass
    raise NotServed("What Redis keeps of this can't be read: it has to be repaired.", code="read_model_unavailable")


def _mark(text: bytes) -> Mark:
    offset, _, position = text.partition(b" ")
    return Mark(int(offset), int(position)) if position else Mark(0, int(offset))


def _added(parts: Iterable[Mapping[bytes, bytes]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        for name, amount in part.items():
            total[name.decode()] += int(amount)
    total.pop("position", None)
    return {name: amount for name, amount in total.items() if amount}


async def _told(answer: Any) -> Any:
    """Clients of redis-py are typed as if they might be synchronous."""
    return await cast("Awaitable[Any]", answer)


def _gone() -> NotServed:
    return NotServed(
        "Redis was emptied: there is nothing to read from until the models are rebuilt; `orders projections list` "
        "tells which.",
        code="read_model_unavailable",
    )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError, RuntimeError) as error:
        # RuntimeError is what uvloop says of a connection that was reset while nobody looked.
        raise NotServed(
            "The read models in Redis can't be reached: try again shortly.", code="read_model_unavailable"
        ) from error
