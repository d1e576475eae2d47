"""The OpenAPI document says what the write API does: examined by schemathesis, and by what clients rely on."""

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
    problems_with_a_page,
)
from tests.acceptance.schemathesis_hooks import NOT_READ
from tests.support.write_api import order
from tests.support.write_api_process import ApiProcess

HERE = Path(__file__).parent


@pytest_asyncio.fixture(loop_scope="session")
async def document(api: ApiProcess) -> dict[str, Any]:
    return await document_of(api.http)


async def test_schemathesis_finds_nothing(api: ApiProcess, tmp_path: Path) -> None:
    anybody = api.as_("schemathesis", *Role)
    placed = await anybody.post("/v1/orders", order())
    found = await examined(
        HERE / "schemathesis.toml", tmp_path, api.http, anybody.headers["authorization"], placed.json()["order_id"]
    )

    assert found.operations == 8
    assert found.requests > 500


async def test_every_status_has_an_example(document: dict[str, Any]) -> None:
    assert_every_status_has_an_example(document)


async def test_every_body_has_an_example_that_is_taken(api: ApiProcess, document: dict[str, Any]) -> None:
    anybody = api.as_("examples", *Role)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
                answer = await anybody.send(method.upper(), path, example["value"], if_match="*")
                # The path is left with its braces: what it names is not found, but the body has been read.
                assert answer.is_success or answer.json()["code"] not in NOT_READ, answer.text


async def test_every_problem_that_is_told_of_has_a_page(api: ApiProcess, document: dict[str, Any]) -> None:
    assert await problems_with_a_page(api.http, document) > 30


async def test_the_documentation_needs_no_other_server(api: ApiProcess) -> None:
    await assert_the_documentation_needs_no_other_server(api.http)


async def test_every_command_can_be_repeated_safely(document: dict[str, Any]) -> None:
    """A new POST that takes no Idempotency-Key would fail here."""
    for methods in document["paths"].values():
        for method, operation in methods.items():
            parameters = {parameter["name"]: parameter for parameter in operation["parameters"]}
            assert "Idempotency-Key" in parameters, operation["operationId"]
            assert parameters["Idempotency-Key"]["required"] is (method == "post")
