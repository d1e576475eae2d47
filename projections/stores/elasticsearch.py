"""A build of a read model in Elasticsearch: an index of its own, written with bodies made by hand.

Rules:
- the version of a document is the position of the last event in it, given from outside: an older one is refused with
  409, and that it is refused is as good as written
- a bulk answers 200 even if nothing of it was taken, so each item's answer is looked at: what was in the way is tried
  again, what can't be taken is named, and everything else is written
- it is written through an alias that vanishes with the index, so that a deleted index is noticed and not made anew
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import orjson
from elasticsearch import Elasticsearch

from eventing.consuming import Mark, Partition
from eventing.crash_points import reach
from eventing.errors import Unavailable
from projections.generations import Build
from projections.names import ElasticsearchNames
from projections.ports import ANYWHERE, UNREADABLE, Change, Footing, Lost, Outcome, Stored
from projections.read_model import ReadModel
from projections.stores.elasticsearch_connecting import Overloaded, ask

SENDERS: Final = 2
BODY_DOCUMENTS: Final = 2000
BODY_BYTES: Final = 4 * 1024 * 1024
ATTEMPTS: Final = 6
FIRST_PAUSE: Final = 0.05
READ_AT_ONCE: Final = 1000
SCAN_AT_ONCE: Final = 1000
BACKSTOP: Final = "30s"
"""Between refreshes of the server's own, for the time after the last projector has ended."""
ADDED: Final = {"id": {"type": "keyword"}, "position": {"type": "long"}, "deleted": {"type": "boolean"}}

_TAKEN, _UNFIT, _CONFLICT = 300, 400, 409


class ElasticsearchStore:
    keeps_marks = False

    def __init__(self, client: Elasticsearch, names: ElasticsearchNames, build: Build, model: ReadModel) -> None:
        self._client = client
        self._build = build
        self._model = model
        self._index = names.index(build)
        self._writing = names.writing(build)
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix=f"bulk {build.model}")

    def create(self) -> str:
        self.drop()
        mapping = {**self._model.mapping, "properties": {**self._model.mapping.get("properties", {}), **ADDED}}
        settings = {"refresh_interval": BACKSTOP, **self._model.settings}
        self._ask("PUT", f"/{self._index}", {"settings": settings, "mappings": mapping, "aliases": {self._writing: {}}})
        return self._identity()

    def demand(self, identity: str, kept: Mapping[Partition, Mark] = ANYWHERE.marks) -> None:  # noqa: ARG002
        if self._identity() != identity:
            raise self._lost()

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        found: dict[str, Stored] = {}
        for at in range(0, len(ids), READ_AT_ONCE):
            answer = self._ask("POST", f"/{self._writing}/_mget", {"ids": ids[at : at + READ_AT_ONCE]})
            for item in answer["docs"]:
                if "error" in item:
                    raise self._lost()
                if item["found"]:
                    found[item["_id"]] = stored(item)
        return found

    def write(
        self,
        changes: Sequence[Change],
        marks: Mapping[Partition, Mark],  # noqa: ARG002
        footing: Footing = ANYWHERE,  # noqa: ARG002
    ) -> Outcome:
        bodies = list(_bodies(changes, self._action))
        if len(bodies) < SENDERS:
            refusals = [self._send(some) for some in bodies]
        else:
            refusals = list(self._senders.map(self._send, bodies))
        return Outcome(refused={one: reason for refused in refusals for one, reason in refused.items()})

    def marks(self, partitions: Sequence[Partition]) -> Mapping[Partition, Mark]:  # noqa: ARG002
        return {}

    def refresh(self) -> None:
        self._ask("POST", f"/{self._index}/_refresh")

    def scan(self, after: str = "") -> Iterator[tuple[str, Stored]]:
        """By id. Searches, so what was written after the last refresh is not among it."""
        beyond: Sequence[Any] = [after] if after else ()
        while True:
            query: dict[str, Any] = {"size": SCAN_AT_ONCE, "sort": [{"id": "asc"}], "track_total_hits": False}
            if beyond:
                query["search_after"] = beyond
            hits = self._ask("POST", f"/{self._index}/_search", query)["hits"]["hits"]
            for hit in hits:
                yield hit["_id"], stored(hit)
            if len(hits) < SCAN_AT_ONCE:
                return
            beyond = hits[-1]["sort"]  # and not its id: where the two differ, a scan would never end

    def drop(self) -> None:
        self._ask("DELETE", f"/{self._index}?ignore_unavailable=true")

    def close(self) -> None:
        self._senders.shutdown()
        self._client.close()

    def _action(self, change: Change) -> bytes:
        return b'{"index":{"_id":%s,"version":%d,"version_type":"external"}}' % (
            orjson.dumps(change.id),
            change.position,
        )

    def _send(self, lines: Mapping[str, bytes]) -> Mapping[str, str]:
        """Which of the documents can't be taken, with the server's reason."""
        refused: dict[str, str] = {}
        pause = FIRST_PAUSE
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(pause)
                pause *= 2
            try:
                again, reasons = self._judge(self._bulk(lines))
            except Overloaded:  # with all of it, before it looked at any
                continue
            refused |= reasons
            reach("projector.mid_bulk")
            if not again:
                return refused
            lines = {one: lines[one] for one in again}
        raise Unavailable(f"Elasticsearch takes no more just now: {len(lines)} documents are still to be written.")

    def _bulk(self, lines: Mapping[str, bytes]) -> Sequence[Mapping[str, Any]]:
        """The items that say anything but yes. Nearly always there is none, and the answer is a few bytes long; where
        there is one, asking once more is harmless, as what was written then answers that it is."""
        body = b"".join(lines.values())
        url = f"/{self._writing}/_bulk?require_alias=true&filter_path=errors"
        if not self._ask("POST", url, body)["errors"]:
            return ()
        detailed = self._ask("POST", f"{url},items.*._id,items.*.status,items.*.error.type,items.*.error.reason", body)
        return [answer for item in detailed["items"] for answer in item.values() if answer["status"] >= _TAKEN]

    def _judge(self, answers: Sequence[Mapping[str, Any]]) -> tuple[Sequence[str], Mapping[str, str]]:
        """What to send again, and what never to send again."""
        again: list[str] = []
        refused: dict[str, str] = {}
        for answer in answers:
            status, error = answer["status"], answer["error"]
            if status == _CONFLICT:
                continue
            if error["type"] == "index_not_found_exception":
                raise self._lost()
            if status == _UNFIT:
                refused[answer["_id"]] = f"{error['type']}: {error['reason']}"
            else:  # the server has too much to do, or lets nobody write just now: no fault of the document
                again.append(answer["_id"])
        return again, refused

    def _identity(self) -> str:
        found = self._ask("GET", f"/{self._index}/_settings?filter_path=*.settings.index.uuid")
        return str(found[self._index]["settings"]["index"]["uuid"])

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = ask(self._client, method, path, body)
        if answer is None:
            raise self._lost()
        return answer

    def _lost(self) -> Lost:
        return Lost(
            f"Elasticsearch no longer has the index {self._index} that was made for {self._build.model}: "
            f"run `orders projections rebuild {self._build.model}`."
        )


def _bodies(changes: Sequence[Change], action: Any) -> Iterator[Mapping[str, bytes]]:
    """Lines by document, in bodies that are neither too long nor too few for all senders."""
    most = min(BODY_DOCUMENTS, max(1, -(-len(changes) // SENDERS)))
    lines: dict[str, bytes] = {}
    size = 0
    for change in changes:
        line = b"%s\n%s\n" % (action(change), _source(change))
        if len(lines) >= most or size + len(line) > BODY_BYTES:
            yield lines
            lines, size = {}, 0
        lines[change.id] = line
        size += len(line)
    if lines:
        yield lines


def _source(change: Change) -> bytes:
    head = b'{"id":%s,"position":%d,' % (orjson.dumps(change.id), change.position)
    return head + (b'"deleted":true}' if change.body is None else change.body[1:])


def stored(hit: Mapping[str, Any]) -> Stored:
    source = hit["_source"]
    position = source.get("position")
    if type(position) is not int or position < 1 or source.get("id") != hit["_id"]:
        return UNREADABLE
    document = {name: value for name, value in source.items() if name not in ADDED}
    return Stored(position, None if source.get("deleted") else document)
