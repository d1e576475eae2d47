"""What can't be read or can't be, and is refused, over memory."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import command_service
from command_service.api.problems import PROBLEMS
from eventing.web.common_problems import COMMON
from tests.support.write_api import ADDRESS, Client, code, order

pytestmark = pytest.mark.usefixtures("mug")


MISTAKES = [
    ({**order(), "price": 1}, "/price"),
    ({**order(), "customer_id": "eve"}, "/customer_id"),
    (order(("MUG-1", True)), "/lines/0/quantity"),
    (order(("MUG-1", 1.5)), "/lines/0/quantity"),
    (order(("MUG-1", "1")), "/lines/0/quantity"),
    (order(("MUG 1", 1)), "/lines/0/sku"),
    (order(customer_name="A\x00"), "/customer_name"),
    (order(customer_name="A\nB"), "/customer_name"),
    (order(customer_name=" "), "/customer_name"),
    (order(customer_name="x" * 201), "/customer_name"),
    (order(customer_email="nobody"), "/customer_email"),
    (order(delivery_address={**ADDRESS, "country": "de"}), "/delivery_address/country"),
    (order(delivery_address=None), "/delivery_address"),
    (order(sales_channel="A B"), "/sales_channel"),
]


@pytest.mark.parametrize(("body", "pointer"), MISTAKES)
async def test_a_field_that_is_wrong_is_pointed_at(alice: Client, body: dict[str, Any], pointer: str) -> None:
    response = await alice.post("/v1/orders", body)

    assert code(response) == (422, "invalid")
    assert pointer in [error["pointer"] for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a": 1, "a": 2}', 400),
        (b'{"a": NaN}', 400),
        (b"[" * 100 + b"]" * 100, 400),
        (b"\xef\xbb\xbf{}", 400),
        (b"\xff", 400),
        (b'{"customer_name": "' + b"x" * 70_000 + b'"}', 413),
        (b'{"lines": [{"sku": "A", "quantity": 1' + b"0" * 5000 + b"}]}", 400),
    ],
)
async def test_what_is_no_acceptable_json_is_refused(alice: Client, body: bytes, status: int) -> None:
    assert (await alice.post("/v1/orders", body)).status_code == status


def test_every_refusal_has_its_row_in_the_table() -> None:
    """A code without a row would be answered as a mere "refused", with no page that explains it."""
    known = {kind.code for kind in (*COMMON, *PROBLEMS)}
    package = Path(str(command_service.__file__)).parent
    raised = {
        keyword.value.value
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }

    assert raised >= {"unknown_sku", "precondition_failed", "idempotency_key_missing"}
    assert raised <= known
