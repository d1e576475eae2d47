"""Log lines: one object each, whatever stands in it; with the ids of the request; without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from eventing.telemetry.logs import configure_logging, make_harmless
from eventing.web.load import LoadShedder, Queue
from tests.support.web import MILK, application, client_of, edge_of, keys_of, local_issuer


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    written = io.StringIO()
    configure_logging(stream=written, service="notes")
    yield written
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_a_sentence_and_an_action(stream: io.StringIO) -> None:
    structlog.get_logger("x").info("It happened.", action="test.happened", order_id="1")
    (line,) = lines(stream)
    assert (line["event"], line["action"], line["order_id"]) == ("It happened.", "test.happened", "1")
    assert (line["level"], line["service"]) == ("info", "notes")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", ["authorization", "Token", "password", "secret", "body", "dsn"])
def test_what_is_secret_by_its_name_is_hidden(stream: io.StringIO, name: str) -> None:
    structlog.get_logger("x").info("It happened.", action="test", **{name: "canary"}, inner={name: ["canary"]})
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize("text", ["postgresql://bob:canary@shelf/notes", "Authorization: Bearer canary.canary.canary"])
def test_credentials_inside_a_text_are_hidden(stream: io.StringIO, text: str) -> None:
    structlog.get_logger("x").warning(text, action="test", reason=text)
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize(
    "text", ['x\n{"level":"admin"}', "\x1b[2J", "\x9b2J", "\u202egnp.exe", "\u2028x", "\x7f", "\r\n"]
)
def test_nothing_breaks_out_of_its_line_or_reaches_a_terminal(stream: io.StringIO, text: str) -> None:
    structlog.get_logger("x").info(text, action="test", sku=text, listed=[text])
    assert stream.getvalue().count("\n") == 1
    assert all(character == "\n" or character.isprintable() for character in stream.getvalue())
    assert len(lines(stream)) == 1


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_whatever_is_logged_is_harmless(value: Any) -> None:
    for text in texts(make_harmless(None, "", {"value": value})["value"]):
        assert not {"\x7f", "\x9b", "\u202e", "\u2028"} & set(text)
        assert len(text) <= 12_000


def test_other_libraries_log_in_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid %s.", "request")
    (line,) = lines(stream)
    assert (line["event"], line["action"], line["level"]) == ("Invalid request.", "library.message", "warning")


async def test_a_fault_is_logged_with_its_request_and_without_values(stream: io.StringIO, tmp_path: Path) -> None:
    token = local_issuer(tmp_path).issue("alice", [])
    customer = local_issuer(tmp_path).issue("alice", ["customer"])  # type: ignore[list-item]
    async with client_of(application(edge_of(keys_of(tmp_path))), customer) as client:
        answer = await client.post("/v1/notes", json={**MILK, "text": "fault", "tags": ["canary"]})
        await client.get("/v1/notes/canary", headers={"authorization": f"Bearer {token}"})
        await client.post("/v1/notes", json={**MILK, "text": "canary"})
    logged = lines(stream)
    assert {line["action"] for line in logged} == {"http.fault", "http.failed"}
    assert all(line["trace_id"] == answer.json()["trace_id"] for line in logged)
    assert "Traceback" not in stream.getvalue()
    assert logged[0]["exception"][0]["exc_type"] == "RuntimeError"
    for secret in (customer, token, "canary", "Bearer"):
        assert secret not in stream.getvalue()


async def test_no_line_is_written_for_whoever_is_turned_away_for_load(stream: io.StringIO, tmp_path: Path) -> None:
    customer = local_issuer(tmp_path).issue("alice", ["customer"])  # type: ignore[list-item]
    edge = edge_of(keys_of(tmp_path), shedder=LoadShedder(queue=lambda: Queue(100, 100)))
    async with client_of(application(edge), customer) as client:
        assert (await client.post("/v1/notes", json=MILK)).status_code == 503
    assert lines(stream) == []
