"""The OpenAPI document says what the query API does: examined by schemathesis, and by what clients rely on."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest_asyncio

from eventing.web.auth import Role
from tests.support.queries.platform import QueryProcess, Writer

HERE = Path(__file__).parent


@pytest_asyncio.fixture(loop_scope="session")
async def document(api: QueryProcess) -> dict[str, Any]:
    answer = await api.http.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_schemathesis_finds_nothing(api: QueryProcess, writer: Writer, tmp_path: Path) -> None:
    order_id, token = await writer.place("schemathesis")
    anybody = api.as_("schemathesis", *Role)
    assert (await anybody.get(f"/v1/orders/{order_id}", seen=token, prefer="wait=10")).status_code == 200
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={HERE / 'schemathesis.toml'}",
        "--no-color",
        "run",
        f"{api.address}/openapi.json",
        f"--header=Authorization: {anybody.headers['authorization']}",
        "--checks=all",
        # A stream that goes on for ever is no answer that could be examined.
        "--exclude-path-regex=/live$",
        "--seed=1",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[2]), "EXISTING_ORDER": order_id},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 240)

    assert process.returncode == 0, said.decode()
    assert int(re.findall(rb"Tested: (\d+)", said)[0]) == 13
    assert int(re.findall(rb"(\d+) generated", said)[0]) > 300


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


async def test_every_status_has_an_example(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            (content,) = answer["content"].values()
            assert content.get("example") or content.get("examples"), f"{operation['operationId']} {status}"


async def test_every_answer_says_how_fresh_it_is(document: dict[str, Any]) -> None:
    for operation in operations(document):
        headers = operation["responses"]["200"]["headers"]
        if not operation["operationId"].startswith("listen"):
            assert {"read-position", "read-staleness", "read-source", "consistency-token"} <= set(headers)


async def test_every_problem_that_is_told_of_has_a_page(api: QueryProcess, document: dict[str, Any]) -> None:
    types = {
        example["value"]["type"]
        for operation in operations(document)
        for answer in operation["responses"].values()
        for example in answer["content"].get("application/problem+json", {}).get("examples", {}).values()
    }

    assert len(types) > 15
    for type_ in types:
        page = await api.http.get(type_)
        assert page.status_code == 200, type_
        assert "What to do" in page.text


async def test_the_documentation_needs_no_other_server(api: QueryProcess) -> None:
    page = await api.http.get("/docs")

    assert page.status_code == 200
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page.text)


async def test_the_four_faces_answer(api: QueryProcess) -> None:
    ready, whole = await api.http.get("/readyz"), await api.http.get("/health")
    metrics = (await api.http.get("/metrics")).text

    assert (await api.http.get("/livez")).status_code == 200
    assert ready.json()["status"] == "ready", ready.text
    assert set(ready.json()["checks"]) == {"postgres", "redis", "elasticsearch"}
    assert whole.json()["service"] == "queries"
    for name in ("orderloom_cache_requests_total", "orderloom_live_streams", "orderloom_waiting_reads"):
        assert name in metrics
