"""A build of a read model in Redis: one call of one script for many documents, of which all are written or none.

A document is written only over the one it was folded from, and its sums and places change with it in that same call:
so what is delivered twice changes nothing twice, and the marks can't be ahead of the documents.

A replica that takes over, or a disk that lacks the last second, is an older copy of the same build. So each call says
what it goes on from; and the call that moves the marks of several others, that what they have written is still there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import resources
from itertools import chain
from typing import Any, Final, cast

import orjson
from redis import Redis

from eventing.consuming import Mark, Partition
from eventing.crash_points import reach
from projections.generations import Build
from projections.names import BUCKETS, RedisNames, bucket_of, place
from projections.ports import ANYWHERE, UNREADABLE, Change, Footing, Lost, Outcome, SetBack, Stored
from projections.stores.redis_connecting import answering

SENDERS: Final = 2
CALL: Final = 1000
"""Documents a call: Redis serves nobody else while a script runs."""
_POSITION: Final = re.compile(rb"[1-9][0-9]*")
_BUCKETS: Final = tuple(f"docs:{bucket:02x}" for bucket in range(BUCKETS))


class RedisStore:
    keeps_marks = True

    def __init__(self, client: Redis, names: RedisNames, build: Build, *, announces: bool = False) -> None:
        self._client = client
        self._names = names
        self._build = build
        self._base = names.base(build)
        self._announces = announces
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix=f"write {build.model}")
        self._write = client.register_script(_script("write.lua"))
        self._read = client.register_script(_script("read.lua"))

    def create(self) -> str:
        self.drop()
        identity = secrets.token_hex(8)
        with answering():
            self._client.set(self._names.made(self._build), identity)
        return identity

    def demand(self, identity: str, kept: Mapping[Partition, Mark] = ANYWHERE.marks) -> None:
        with answering():
            made = self._client.get(self._names.made(self._build))
        if made != identity.encode():
            raise self._lost()
        if kept:
            self._call((), {}, Footing(kept))

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        found: dict[str, Stored] = {}
        for some in _chunks(ids, CALL):
            arguments = chain.from_iterable((_BUCKETS[bucket_of(one)], one) for one in some)
            with answering():
                state, *values = self._read([self._base], [self._build.identity, *arguments])
            if state == b"lost":
                raise self._lost()
            found |= {one: stored(value) for one, value in zip(some, values, strict=True) if value is not None}
        return found

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing = ANYWHERE) -> Outcome:
        if len(changes) <= CALL:
            return Outcome(self._call(changes, marks, footing))
        # While Redis carries one call out the next one is made up. The marks follow when all documents are there.
        calls = list(_chunks(changes, CALL))
        answers = list(self._senders.map(partial(self._send, footing=footing), calls))
        overtaken = [one for ids in answers for one in ids]
        if marks and not overtaken:
            # What a call has written is there as a whole or not at all: its first document tells of all of them.
            written = {some[0].id: some[0].position for some in calls}
            self._call((), marks, Footing(footing.marks, {**footing.documents, **written}))
        return Outcome(overtaken)

    def marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:
        if not partitions:
            return {}
        with answering():
            made = self._client.get(self._names.made(self._build))
            kept = self._client.hmget(self._names.applied(self._build), [place(one) for one in partitions])
        if made != self._build.identity.encode():
            raise self._lost()
        texts = cast(list[bytes | None], kept)
        return {one: read_mark(text) for one, text in zip(partitions, texts, strict=True) if text is not None}

    def refresh(self) -> None:
        """What is written can be found."""

    def scan(self, after: str = "") -> Iterator[tuple[str, Stored]]:
        start = bucket_of(after) if after else 0
        for bucket in range(start, BUCKETS):
            with answering():
                found = dict(self._client.hscan_iter(self._names.documents(self._build, bucket), count=1000))
            documents = sorted((one.decode(), value) for one, value in found.items())
            yield from ((one, stored(value)) for one, value in documents if bucket > start or one > after)

    def drop(self) -> None:
        """The identity first, so that whoever still writes notices."""
        names, build = self._names, self._build
        with answering():
            self._client.unlink(names.made(build))
            derived = f"{self._base}derived"
            while some := cast(list[bytes], self._client.spop(derived, 1000)):
                self._client.unlink(*(self._base.encode() + name for name in some))
            whole = [names.documents(build, bucket) for bucket in range(BUCKETS)]
            self._client.unlink(*whole, names.applied(build), names.searchable(build), derived)

    def close(self) -> None:
        self._senders.shutdown()
        self._client.close()

    def _send(self, changes: Sequence[Change], footing: Footing) -> Sequence[str]:
        ids = self._call(changes, {}, footing)
        reach("projector.mid_bulk")
        return ids

    def _call(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing) -> Sequence[str]:
        what = [*_footing(footing), *_arguments(changes, marks), *self._hints(changes, marks)]
        with answering():
            state, *ids = self._write([self._base], [self._build.identity, *what])
        if state == b"lost":
            raise self._lost(*ids)
        if state == b"set back":
            raise SetBack(
                f"Redis has less of {self._build.model} ({self._build.tag}) than it had kept: an older copy has taken "
                "its place, and what it lacks is read again."
            )
        return [one.decode() for one in ids]

    def _hints(self, changes: Sequence[Change], marks: Mapping[Partition, Mark]) -> Sequence[str]:
        model, tag = self._build.model, self._build.tag
        moved = "\n".join(f"{model} {tag} applied {place(one)} {mark.position}" for one, mark in marks.items())
        changed = ""
        if self._announces:
            changed = "\n".join(f"{change.id} {change.position} {change.label}" for change in changes)
        return self._names.moved(), moved, self._names.changed(model), changed

    def _lost(self, *ids: bytes) -> Lost:
        what = f"the document {ids[0].decode()!r} of {self._build.model}" if ids else f"what {self._build.model} held"
        return Lost(
            f"Redis no longer has {what} ({self._build.tag}): run `orders projections rebuild {self._build.model}`."
        )


def stored(value: bytes) -> Stored:
    """What is kept of a document: `position label`, a line feed, JSON. A tombstone has neither label nor JSON."""
    head, feed, body = value.partition(b"\n")
    position, _, label = head.partition(b" ")
    try:
        document = orjson.loads(body) if body else None
        is_whole = isinstance(document, dict) if body else feed and not label
        if is_whole and _POSITION.fullmatch(position):  # as scripts compare it: `07` would be another one to them
            return Stored(int(position), document, label.decode())
    except ValueError:
        pass
    return UNREADABLE


def _footing(footing: Footing) -> Iterator[Any]:
    yield len(footing.marks)
    yield from chain.from_iterable((place(one), mark.position) for one, mark in footing.marks.items())
    yield len(footing.documents)
    yield from chain.from_iterable((_BUCKETS[bucket_of(one)], one, at) for one, at in footing.documents.items())


def _arguments(changes: Sequence[Change], marks: Mapping[Partition, Mark]) -> Iterator[Any]:
    buckets: dict[int, list[Any]] = {}
    sums: list[Any] = []
    parts: dict[str, int] = {}
    places: list[Any] = []
    for change in changes:
        value = b"%d %s\n%s" % (change.position, change.label.encode(), change.body or b"")
        buckets.setdefault(bucket_of(change.id), []).extend((change.id, change.based_on, value))
        for (group, field), amount in change.sums.items():
            key = f"sum:{group}:{place(change.partition)}"
            sums += (key, field, amount)
            parts[key] = max(change.position, parts.get(key, 0))
        for name, score in change.places.items():
            places += (f"list:{name}", "" if score is None else score, change.id)
    yield len(buckets)
    for bucket, documents in buckets.items():
        yield from (_BUCKETS[bucket], len(documents) // 3)
        yield from documents
    yield len(sums) // 3
    yield from sums
    yield len(parts)
    yield from chain.from_iterable(parts.items())
    yield len(places) // 3
    yield from places
    yield len(marks)
    yield from chain.from_iterable((place(one), mark.offset, mark.position) for one, mark in marks.items())


def read_mark(text: bytes) -> Mark:
    offset, _, position = text.partition(b" ")
    return Mark(int(offset), int(position))


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _script(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text()
