"""What is told of servers that are not there, are slow, or are something else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from eventing.errors import Misconfigured
from eventing.settings import Settings
from operations.checks.finding import Check, Finding
from operations.checks.servers import check_servers, demand_servers, run_at_once


def pointing_at(place: str) -> Settings:
    return Settings.model_validate(
        {
            "postgres": {"url": f"postgresql://orders:hunter2@{place}/orders"},
            "kafka": {"bootstrap_servers": place},
            "elasticsearch": {"url": f"http://orders:hunter2@{place}"},
            "redis": {"url": f"redis://:hunter2@{place}/0"},
            "registry": {"url": f"http://orders:hunter2@{place}"},
        }
    )


@pytest.fixture
def closed_port() -> Iterator[str]:
    """Bound, so that nobody else takes it, but nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def silent_port() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def strange_port(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speaks HTTP, and answers everything with one status."""

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def says(findings: list[Finding]) -> dict[str, str]:
    assert not any(finding.ok for finding in findings)
    return {finding.name: finding.says for finding in findings}


def test_without_an_address_the_two_ways_to_give_one_are_told() -> None:
    told = says(check_servers(Settings()))

    assert told["postgres"] == (
        "no address for PostgreSQL: set ORDERS_POSTGRES__URL, or start the local stack with `orders stack up`."
    )
    assert list(told) == ["postgres", "kafka", "elasticsearch", "redis", "registry"]


def test_a_server_that_is_not_there_is_told_with_its_setting(closed_port: str) -> None:
    told = says(check_servers(pointing_at(closed_port)))

    for name, sentence in told.items():
        assert "can't be reached" in sentence, name
        assert "connection refused" in sentence, name
        assert "`orders stack up`" in sentence, name
        assert "hunter2" not in sentence, name
    assert "correct ORDERS_KAFKA__BOOTSTRAP_SERVERS" in told["kafka"]


def test_a_server_that_never_answers_is_waited_for_three_seconds_at_most(silent_port: str) -> None:
    begun = time.monotonic()

    told = says(check_servers(pointing_at(silent_port)))

    assert time.monotonic() - begun < 4
    assert "can't be reached" in told["postgres"]
    assert "can't be reached" in told["redis"]


@pytest.mark.parametrize("strange_port", [200], indirect=True)
def test_something_else_at_the_address_is_told_apart(strange_port: str) -> None:
    told = says(check_servers(pointing_at(strange_port), ["elasticsearch", "redis", "registry"]))

    assert "is not Elasticsearch" in told["elasticsearch"]
    assert "is not Redis" in told["redis"]
    assert "has no Confluent schema registry API" in told["registry"]


@pytest.mark.parametrize("strange_port", [401, 403], indirect=True)
def test_refused_credentials_are_told_as_such(strange_port: str) -> None:
    told = says(check_servers(pointing_at(strange_port), ["elasticsearch", "registry"]))

    assert "refuses the credentials" in told["elasticsearch"]
    assert "refuses the credentials" in told["registry"]


def test_a_service_that_demands_its_servers_gets_all_sentences_at_once(closed_port: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        demand_servers(pointing_at(closed_port), ["postgres", "redis"])

    assert [line.split()[0] for line in str(refused.value).splitlines()] == ["PostgreSQL", "Redis"]


def test_one_check_that_breaks_or_hangs_hides_no_other() -> None:
    never = threading.Event()
    checks = [
        Check("breaks", lambda _: str(1 // 0)),
        Check("hangs", lambda _: str(never.wait())),
        Check("works", lambda _: "fine"),
    ]

    broken, hanging, working = run_at_once(checks, Settings(), bound=0.2)

    assert (working.ok, working.says) == (True, "fine")
    assert broken.says.startswith("breaks could not be checked: ZeroDivisionError")
    assert hanging.says.startswith("hangs does not answer within 0.2 s")
    never.set()
