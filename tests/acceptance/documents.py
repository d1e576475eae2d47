"""What is asked of the OpenAPI document of each API: that schemathesis finds nothing, and what clients rely on."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import httpx

ROOT = Path(__file__).parents[2]
SECONDS = 240


class Examined(NamedTuple):
    operations: int
    requests: int


async def examined(
    config: Path, folder: Path, http: httpx.AsyncClient, authorization: str, order_id: str, *more: str
) -> Examined:
    """By schemathesis, which has to find nothing; `order_id` is of an order that there is."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={config}",
        "--no-color",
        "run",
        str(http.base_url.join("/openapi.json")),
        f"--header=Authorization: {authorization}",
        "--checks=all",
        "--seed=1",
        *more,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "EXISTING_ORDER": order_id},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, said.decode()
    return Examined(*(int(re.findall(found, said)[0]) for found in (rb"Tested: (\d+)", rb"(\d+) generated")))


async def document_of(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def assert_every_status_has_an_example(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            (content,) = answer["content"].values()
            assert content.get("example") or content.get("examples"), f"{operation['operationId']} {status}"


async def problems_with_a_page(http: httpx.AsyncClient, document: dict[str, Any]) -> int:
    """How many kinds the document tells of, each of which has to have one."""
    types = {
        example["value"]["type"]
        for operation in operations(document)
        for answer in operation["responses"].values()
        for example in answer["content"].get("application/problem+json", {}).get("examples", {}).values()
    }
    for type_ in types:
        page = await http.get(type_)
        assert page.status_code == 200, type_
        assert "What to do" in page.text
    return len(types)


async def assert_the_documentation_needs_no_other_server(http: httpx.AsyncClient) -> None:
    page = await http.get("/docs")
    assert page.status_code == 200
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page.text)
