"""A bulk that is turned away as a whole is sent again for a while; it names nobody, so nothing is refused for good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from eventing.consuming import Partition
from eventing.errors import Unavailable
from eventing.settings import ElasticsearchSettings
from projections.generations import Build
from projections.names import ElasticsearchNames
from projections.ports import Change
from projections.read_models.order_search import ORDER_SEARCH
from projections.stores import elasticsearch
from projections.stores.elasticsearch import ElasticsearchStore
from projections.stores.elasticsearch_connecting import connect

BUILD = Build("order_search", 1, 1, "live", "", "", datetime(2026, 11, 26, tzinfo=UTC))
CHANGE = Change("one", 0, 1, Partition("order.events.v1", 0), b'{"order_id":"one"}')


@contextmanager
def store_that_is_refused(times: int) -> Iterator[tuple[ElasticsearchStore, list[int]]]:
    """So often it answers 429, then it takes everything."""
    answered: list[int] = []

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answered.append(429 if len(answered) < times else 200)
            body = json.dumps({"errors": False} if answered[-1] == 200 else {"error": {"type": "circuit_breaking"}})
            self.send_response(answered[-1])
            self.send_header("content-type", "application/json")
            self.send_header("x-elastic-product", "Elasticsearch")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = False  # so that closing it waits for them
    Thread(target=server.serve_forever, daemon=True).start()
    client = connect(ElasticsearchSettings.model_validate({"url": f"http://127.0.0.1:{server.server_port}"}))
    store = ElasticsearchStore(client, ElasticsearchNames(""), BUILD, ORDER_SEARCH)
    try:
        yield store, answered
    finally:
        store.close()
        server.shutdown()
        server.server_close()


def test_it_is_sent_again_until_it_is_taken() -> None:
    with store_that_is_refused(2) as (store, answered):
        assert store.write([CHANGE], {}).refused == {}
    assert answered == [429, 429, 200]


def test_after_some_attempts_the_store_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elasticsearch, "FIRST_PAUSE", 0.0)
    with store_that_is_refused(100) as (store, answered), pytest.raises(Unavailable, match="1 documents"):
        store.write([CHANGE], {})
    assert len(answered) == elasticsearch.ATTEMPTS
