"""The OpenAPI document says what the query API does: examined by schemathesis, and by what clients rely on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest_asyncio

from eventing.web.auth import Role
from tests.acceptance.documents import (
    assert_every_status_has_an_example,
    assert_the_documentation_needs_no_other_server,
    document_of,
    examined,
    operations,
    problems_with_a_page,
)
from tests.support.queries.platform import QueryProcess, Writer

HERE = Path(__file__).parent


@pytest_asyncio.fixture(loop_scope="session")
async def document(api: QueryProcess) -> dict[str, Any]:
    return await document_of(api.http)


async def test_schemathesis_finds_nothing(api: QueryProcess, writer: Writer, tmp_path: Path) -> None:
    order_id, token = await writer.place("schemathesis")
    anybody = api.as_("schemathesis", *Role)
    assert (await anybody.get(f"/v1/orders/{order_id}", seen=token, prefer="wait=10")).status_code == 200
    found = await examined(
        HERE / "schemathesis.toml",
        tmp_path,
        api.http,
        anybody.headers["authorization"],
        order_id,
        # A stream that goes on for ever is no answer that could be examined.
        "--exclude-path-regex=/live$",
    )

    assert found.operations == 13
    assert found.requests > 300


async def test_every_status_has_an_example(document: dict[str, Any]) -> None:
    assert_every_status_has_an_example(document)


async def test_every_answer_says_how_fresh_it_is(document: dict[str, Any]) -> None:
    for operation in operations(document):
        headers = operation["responses"]["200"]["headers"]
        if not operation["operationId"].startswith("listen"):
            assert {"read-position", "read-staleness", "read-source", "consistency-token"} <= set(headers)


async def test_every_problem_that_is_told_of_has_a_page(api: QueryProcess, document: dict[str, Any]) -> None:
    assert await problems_with_a_page(api.http, document) > 15


async def test_the_documentation_needs_no_other_server(api: QueryProcess) -> None:
    await assert_the_documentation_needs_no_other_server(api.http)


async def test_the_four_faces_answer(api: QueryProcess) -> None:
    ready, whole = await api.http.get("/readyz"), await api.http.get("/health")
    metrics = (await api.http.get("/metrics")).text

    assert (await api.http.get("/livez")).status_code == 200
    assert ready.json()["status"] == "ready", ready.text
    assert set(ready.json()["checks"]) == {"postgres", "redis", "elasticsearch"}
    assert whole.json()["service"] == "queries"
    for name in ("orderloom_cache_requests_total", "orderloom_live_streams", "orderloom_waiting_reads"):
        assert name in metrics
