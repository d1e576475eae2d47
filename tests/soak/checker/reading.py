"""Reads the stores, the topics and the ledgers with nothing but their drivers."""

from __future__ import annotations

import io
import json
import sqlite3
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fastavro
import psycopg
import redis
from confluent_kafka import Consumer, TopicPartition

from tests.soak.checker.evidence import Effect, Event, Published

_EVENTS = """
    SELECT position, stream, version, event_id::text, type, schema_version,
           extract(epoch FROM recorded_at)::float8, body
    FROM events ORDER BY position
"""
_TABLES = {
    "stock_levels": "SELECT sku, available, reserved FROM stock_levels",
    "relay": "SELECT checkpoint, head FROM relay_status",
    "parked": "SELECT consumer, key, cause_code, cause FROM parked_events",
}


class Schemas:
    """The published schemas, as the files that they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, int], Any] = {}

    def decode(self, kind: str, version: int, body: bytes) -> Mapping[str, Any]:
        if (kind, version) not in self._known:
            text = (self._folder / f"{kind}.v{version}.avsc").read_text(encoding="utf-8")
            self._known[kind, version] = fastavro.parse_schema(json.loads(text))
        found = fastavro.schemaless_reader(io.BytesIO(body), self._known[kind, version], None)
        assert isinstance(found, dict)
        return found


def read_events(url: str, schemas: Schemas) -> list[Event]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(_EVENTS).fetchall()
    return [Event._make([*columns, body, schemas.decode(columns[4], columns[5], body)]) for *columns, body in rows]


def read_tables(url: str, more: Mapping[str, str] | None = None) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with psycopg.connect(url, autocommit=True) as connection:
        for name, query in {**_TABLES, **(more or {})}.items():
            found[name] = connection.execute(query).fetchall()
    return found


def read_topics(bootstrap: str, topics: Sequence[str]) -> list[Published]:
    """Each from offset 0 to where it ends now."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "checker", "enable.auto.commit": False})
    try:
        known = consumer.list_topics(timeout=30).topics
        return [
            message
            for topic in topics
            for number in known[topic].partitions
            for message in _read_partition(consumer, topic, number)
        ]
    finally:
        consumer.close()


def _read_partition(consumer: Consumer, topic: str, number: int) -> Iterator[Published]:
    first, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)
    assert first == 0, f"{topic}/{number} begins at {first}: it was cut off"
    consumer.assign([TopicPartition(topic, number, 0)])
    following = 0
    while following < end:
        for message in consumer.consume(1000, 1.0):
            assert message.error() is None, message.error()
            headers = {str(name): _text(value) for name, value in message.headers() or []}  # type: ignore[str-unpack]
            offset = message.offset()
            assert offset == following, f"{topic}/{number} has a hole before {offset}"
            following = offset + 1
            yield Published(
                topic,
                number,
                offset,
                _text(message.key()),
                message.value() or b"",
                headers.get("ce_id", ""),
                headers.get("ce_subject", ""),
                int(headers.get("ce_aggregateversion", 0)),
                int(headers.get("ce_globalposition", 0)),
                int(headers.get("ce_epoch", 0)),
            )


def _text(value: str | bytes | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""


def read_ledger(file: Path) -> tuple[list[Effect], Counter[tuple[str, str]]]:
    """Effects, and the number of calls by operation and key."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as ledger:
        effects = ledger.execute(
            "SELECT position, operation, key, status, reference, undoes, order_id, coalesce(amount, 0),"
            " coalesce(currency, '') FROM effects ORDER BY position"
        ).fetchall()
        calls = ledger.execute("SELECT operation, key, count(*) FROM calls GROUP BY 1, 2").fetchall()
    return [Effect(*row) for row in effects], Counter({(operation, key): count for operation, key, count in calls})


def read_redis_documents(url: str, prefix: str, model: str) -> dict[str, Any]:
    """The live build's documents: hashes of `position label LF JSON`; empty JSON is a tombstone."""
    with redis.Redis.from_url(url) as client:
        tag = client.get(f"{prefix}read:{model}:live")
        if tag is None:
            return {}
        found: dict[str, Any] = {}
        for bucket in range(256):
            entries: Any = client.hgetall(f"{prefix}read:{{{model}:{bytes(tag).decode()}}}:docs:{bucket:02x}")
            for name, kept in entries.items():
                head, _, text = kept.partition(b"\n")
                if text:
                    position = int(head.split(b" ", 1)[0])
                    found[name.decode()] = {"_position": position, **json.loads(text)}
        return found


def read_index(url: str, alias: str) -> dict[str, Any]:
    """Everything that search could find, page by page in the order of ids."""
    found: dict[str, Any] = {}
    after: list[Any] | None = None
    _ask(url, f"/{alias}/_refresh", {})
    while True:
        question: dict[str, Any] = {"size": 1000, "version": True, "sort": [{"_doc": "asc"}], "track_total_hits": False}
        question = {**question, "sort": [{"position": "asc"}]}
        if after is not None:
            question["search_after"] = after
        hits = _ask(url, f"/{alias}/_search", question)["hits"]["hits"]
        if not hits:
            return found
        for hit in hits:
            if not hit["_source"].get("deleted"):
                found[hit["_id"]] = {"_position": hit["_version"], **hit["_source"]}
        after = hits[-1]["sort"]


def _ask(url: str, path: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(
        url.rstrip("/") + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())
