"""The document and its page: everything that is served, an example for every status, nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Any

import httpx
import jsonschema_rs
import pytest

from eventing.web import pages


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the components beside it, so that its references lead somewhere."""
    return {**schema, "components": document["components"]}


def test_every_operation_is_documented_with_its_roles(document: dict[str, Any]) -> None:
    found = {operation["operationId"]: operation for operation in operations(document)}
    assert set(found) == {"take_note", "see_note", "greet"}
    assert found["take_note"]["x-roles"] == ["customer"]
    assert found["take_note"]["security"] == [{"accessToken": []}]
    assert found["greet"]["security"] == []


def test_the_statuses_are_those_that_can_come(document: dict[str, Any]) -> None:
    found = {operation["operationId"]: set(operation["responses"]) for operation in operations(document)}
    always = {"400", "429", "500", "503"}
    assert found["take_note"] == always | {"201", "401", "403", "408", "409", "413", "415", "422"}
    assert found["see_note"] == always | {"200", "401", "403", "404"}
    assert found["greet"] == always | {"200"}


def test_every_status_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, response in operation["responses"].items():
            for media_type, content in response["content"].items():
                examples = [one["value"] for one in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                assert examples, (operation["operationId"], status)
                for example in examples:
                    jsonschema_rs.validate(resolved(document, content["schema"]), example)
                if int(status) >= 400:
                    assert media_type == "application/problem+json"
                    assert all(example["status"] == int(status) for example in examples)


def test_the_example_of_a_body_fits_its_schema(document: dict[str, Any]) -> None:
    content = document["paths"]["/v1/notes"]["post"]["requestBody"]["content"]["application/json"]
    jsonschema_rs.validate(resolved(document, content["schema"]), content["examples"]["milk"]["value"])


async def test_what_is_answered_fits_the_document(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    schema = resolved(document, document["components"]["schemas"]["Problem"])
    for method, path in (("GET", "/nowhere"), ("POST", "/v1/notes"), ("PUT", "/v1/notes"), ("GET", "/plain/x")):
        jsonschema_rs.validate(schema, (await client.request(method, path)).json())


@pytest.mark.parametrize("path", ["/docs", "/docs/docs.js", "/docs/pages.css", "/problems", "/problems/invalid"])
async def test_a_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == pages.POLICY
    assert "unsafe" not in pages.POLICY
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", page.text.replace("https://orderloom", "")) == []
    # nothing inline, which the policy would forbid
    assert not re.search(r"<style|<script(?![^>]+src=)|\son[a-z]+=|\sstyle=", page.text)


async def test_a_page_asks_only_for_what_is_served(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    for path in re.findall(r"(?:src|href)=\"?(/[^\s\">]+)", page):
        assert (await client.get(path)).status_code == 200, path
