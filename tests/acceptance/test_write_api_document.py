"""The OpenAPI document says what the write API does: examined by schemathesis, and by what clients rely on."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest_asyncio

from eventing.web.auth import Role
from tests.acceptance.schemathesis_hooks import NOT_READ
from tests.support.write_api import order
from tests.support.write_api_process import ApiProcess

HERE = Path(__file__).parent


@pytest_asyncio.fixture(loop_scope="session")
async def document(api: ApiProcess) -> dict[str, Any]:
    answer = await api.http.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_schemathesis_finds_nothing(api: ApiProcess, tmp_path: Path) -> None:
    anybody = api.as_("schemathesis", *Role)
    placed = await anybody.post("/v1/orders", order())
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={HERE / 'schemathesis.toml'}",
        "--no-color",
        "run",
        f"{api.address}/openapi.json",
        f"--header=Authorization: {anybody.headers['authorization']}",
        "--checks=all",
        "--seed=1",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "EXISTING_ORDER": placed.json()["order_id"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)

    assert process.returncode == 0, said.decode()
    assert b"Tested: 8" in said
    assert int(re.findall(rb"(\d+) generated", said)[0]) > 500


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


async def test_every_status_has_an_example(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, answer in operation["responses"].items():
            (content,) = answer["content"].values()
            assert content.get("example") or content.get("examples"), f"{operation['operationId']} {status}"


async def test_every_body_has_an_example_that_is_taken(api: ApiProcess, document: dict[str, Any]) -> None:
    anybody = api.as_("examples", *Role)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
                answer = await anybody.send(method.upper(), path, example["value"], if_match="*")
                # The path is left with its braces: what it names is not found, but the body has been read.
                assert answer.is_success or answer.json()["code"] not in NOT_READ, answer.text


async def test_every_problem_that_is_told_of_has_a_page(api: ApiProcess, document: dict[str, Any]) -> None:
    types = {
        example["value"]["type"]
        for operation in operations(document)
        for answer in operation["responses"].values()
        for example in answer["content"].get("application/problem+json", {}).get("examples", {}).values()
    }

    assert len(types) > 30
    for type_ in types:
        page = await api.http.get(type_)
        assert page.status_code == 200, type_
        assert "What to do" in page.text


async def test_the_documentation_needs_no_other_server(api: ApiProcess) -> None:
    page = await api.http.get("/docs")

    assert page.status_code == 200
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page.text)


async def test_every_command_can_be_repeated_safely(document: dict[str, Any]) -> None:
    """A new POST that takes no Idempotency-Key would fail here."""
    for methods in document["paths"].values():
        for method, operation in methods.items():
            parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
            assert "Idempotency-Key" in parameters, operation["operationId"]
            assert parameters["Idempotency-Key"]["required"] is (method == "post")
