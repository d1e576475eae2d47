"""What the platform promises whoever uses it, asked over HTTP: once, in order, fresh, and the same again."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.acceptance.platform.conftest import SPANS_FILE
from tests.support.standing import Standing, verified
from tests.support.waiting import until
from tests.support.write_api import OFFICE, order

pytestmark = pytest.mark.slow

MUG = "MUG-7"


def test_one_key_has_one_effect(platform: Standing) -> None:
    key, token = str(uuid4()), platform.token("customer", "kim")
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda _: platform.post("/v1/orders", order((MUG, 1)), token, key=key), range(8)))
    other = platform.post("/v1/orders", order((MUG, 2)), token, key=key)

    assert {answer.status_code for answer in answers} <= {201, 409}, "done, or in progress"
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["order_id"] for answer in made}) == 1
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    platform.await_end(made[0], "kim")
    listed = platform.ask("/v1/customers/kim/orders", "kim", seen=made[0]).json()
    assert len(listed["orders"]) == 1


def test_of_two_who_saw_the_same_version_one_changes_it(platform: Standing) -> None:
    slow = {"operation": "charge", "fault": "delay", "ms": 3000, "match": {"amount": "900"}}
    platform.goes_wrong(platform.payments, slow)  # so that nobody else changes the order meanwhile
    placed = platform.place(MUG, 9)
    path, token = f"{placed.headers['location']}/delivery-address", platform.token("customer", "alice")
    headers = {"authorization": f"Bearer {token}", "if-match": placed.headers["etag"]}

    def change(street: int) -> int:
        body = {**OFFICE, "street": f"{street} Engine Court"}
        return platform.http.put(f"{platform.write_api}{path}", json=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as hands:
        statuses = list(hands.map(change, range(8)))

    assert sorted(statuses) == [200] + [412] * 7


def test_who_has_written_reads_it(platform: Standing) -> None:
    for number in range(20):
        placed = platform.place(MUG, 1, "rae")
        shown = platform.ask(placed.headers["location"], "rae", seen=placed)
        listed = platform.ask("/v1/customers/rae/orders", "rae", seen=placed).json()

        assert shown.status_code == 200, shown.text
        assert shown.json()["order_id"] == placed.json()["order_id"]
        assert len(listed["orders"]) == number + 1 or listed["next_cursor"]


def test_an_order_is_found_by_its_words_and_by_nobody_else(platform: Standing) -> None:
    name = f"Zephyrine{uuid4().hex[:6]}"
    placed = platform.place(MUG, 1, customer_name=name)

    found = platform.ask("/v1/orders", seen=placed, q=name).json()
    stranger = platform.ask("/v1/orders", "mallory", seen=placed, q=name).json()

    assert [each["order_id"] for each in found["orders"]] == [placed.json()["order_id"]]
    assert stranger["orders"] == []
    assert platform.ask(placed.headers["location"], "mallory", seen=placed).status_code == 404


def test_an_order_as_it_was(platform: Standing) -> None:
    placed = platform.place(MUG, 1)
    now = platform.await_end(placed)
    path = f"{placed.headers['location']}/state"

    then = platform.ask(path, version="1").json()

    assert (then["status"], now["status"]) == ("placed", "confirmed")
    assert platform.ask(path, at=then["placed_at"]).json()["status"] == "placed"


def test_rebuilt_from_its_events_a_model_shows_the_same(platform: Standing) -> None:
    placed = [platform.place(MUG, number + 1) for number in range(5)]
    for each in placed:
        platform.await_end(each)
    live = [platform.ask(each.headers["location"]).content for each in placed]

    rebuilt = platform.orders("projections", "rebuild", "order_summary", "--quiet")

    assert rebuilt.returncode == 0, rebuilt.stderr
    assert [platform.ask(each.headers["location"]).content for each in placed] == live
    for model in ("order_summary", "order_search", "customer_orders", "saga_progress"):
        done = platform.orders("projections", "verify", model)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_trace_leads_from_the_request_to_the_read_models(platform: Standing) -> None:
    trace = secrets.token_hex(16)
    token = platform.token("customer", "tess")
    placed = platform.post("/v1/orders", order((MUG, 1)), token, traceparent=f"00-{trace}-{'1' * 16}-01")
    platform.await_end(placed, "tess")

    wanted = {
        "POST /v1/orders",
        "publish order.placed",
        "inventory hears order.placed",
        "publish inventory.reserved",
        "payment hears inventory.reserved",
        "shipping hears payment.charged",
        "order hears shipping.label_created",
        "publish order.confirmed",
        "order_summary shows order.confirmed",
        "order_search shows order.confirmed",
    }

    def spans() -> dict[str, dict[str, Any]]:
        lines = map(json.loads, (platform.folder / SPANS_FILE).read_text().splitlines())
        return {span["name"]: span for span in lines if span["context"]["trace_id"] == f"0x{trace}"}

    until(lambda: wanted <= spans().keys(), f"{wanted - spans().keys()} are in the trace")
    found = spans()
    assert found["POST /v1/orders"]["parent_id"] == f"0x{'1' * 16}"
    request = found["POST /v1/orders"]["context"]["span_id"]
    assert {span["parent_id"] for name, span in found.items() if name in wanted - {"POST /v1/orders"}} == {request}
    services = {span["resource"]["attributes"]["service.name"] for span in found.values()}
    assert len(services) == 4, services


def test_what_is_not_sampled_leaves_no_span(platform: Standing) -> None:
    trace = secrets.token_hex(16)
    token = platform.token("customer", "tess")
    placed = platform.post("/v1/orders", order((MUG, 1)), token, traceparent=f"00-{trace}-{'1' * 16}-00")
    platform.await_end(placed, "tess")
    later = platform.place(MUG, 1)
    platform.await_end(later)

    seen = later.json()["order_id"]
    until(lambda: f"order-{seen}" in (platform.folder / SPANS_FILE).read_text(), "what came later is in the file")
    assert trace not in (platform.folder / SPANS_FILE).read_text()


def test_everything_is_stopped_in_the_middle_and_every_order_ends(platform: Standing) -> None:
    token, keys = platform.token("customer", "stay"), [str(uuid4()) for _ in range(30)]
    placed = [platform.post("/v1/orders", order((MUG, 1)), token, key=key) for key in keys]

    platform.stop()
    platform.start()

    again = platform.post("/v1/orders", order((MUG, 1)), token, key=keys[-1])
    assert (again.status_code, again.json()) == (201, placed[-1].json()), "the key still knows its answer"
    assert {platform.await_end(each, "stay")["status"] for each in placed} == {"confirmed"}
    assert [platform.charges(each) for each in placed] == [1] * len(placed)
    assert verified(platform.orders("store", "verify", "--json"))["findings"] == []
    assert platform.orders("stock", "verify").returncode == 0
