"""What is said when something else than a healthy registry answers, or nothing does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from eventing.errors import Misconfigured, OrderloomError, Unavailable
from eventing.registry import Registry, subject_of


@contextmanager
def somebody_who_answers(status: int, body: bytes) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (401, b'{"error_code": 40101, "message": "who?"}', Misconfigured, "refuses us: correct ORDERS_REGISTRY__URL"),
        (403, b"", Misconfigured, "refuses us"),
        (405, b"", Misconfigured, "does not do what a schema registry does"),
        (503, b"", Unavailable, "is in trouble"),
        (200, b"<html>Welcome</html>", Misconfigured, "does not do what a schema registry does"),
        (200, b"[]", Misconfigured, "does not do what a schema registry does"),
    ],
)
def test_a_wrong_answer_is_one_sentence(status: int, body: bytes, kind: type[OrderloomError], sentence: str) -> None:
    with somebody_who_answers(status, body) as url, Registry(url) as registry, pytest.raises(kind, match=sentence):
        registry.level("order.events.v1-orderloom.order.OrderPlaced")


def test_a_registry_that_never_answers_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Registry(url, timeout=0.2) as registry, pytest.raises(Unavailable, match="can't be reached"):
            registry.level("order.events.v1-orderloom.order.OrderPlaced")


def test_secrets_of_the_address_are_not_told() -> None:
    with Registry("http://loom:secret@127.0.0.1:9") as registry, pytest.raises(Unavailable) as unavailable:
        registry.level("order.events.v1-orderloom.order.OrderPlaced")

    assert "secret" not in str(unavailable.value)


def test_what_is_no_address_is_said() -> None:
    with pytest.raises(Misconfigured, match="ORDERS_REGISTRY__URL"):
        Registry("registry.example.org")


def test_a_subject_names_topic_and_record() -> None:
    assert subject_of("order.events.v1", "orderloom.order.OrderPlaced") == "order.events.v1-orderloom.order.OrderPlaced"
    assert subject_of("t", "r", prefix="blue.") == "blue.t-r"
