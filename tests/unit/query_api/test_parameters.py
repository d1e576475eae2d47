from __future__ import annotations

import pytest

from eventing.errors import Refusal
from eventing.web.auth import Caller, Role
from eventing.web.refusals import EdgeRefusal
from projections.query_api.answering.search import FACETS, question
from projections.query_api.asking.freshness import ANYTHING, Patience, read_wish
from projections.query_api.live.origins import Origins

TOPICS = frozenset({"order.events.v1"})
ALICE = Caller("alice", frozenset({Role.CUSTOMER}))
OPERATOR = Caller("olga", frozenset({Role.OPERATOR}))


def wish_of(*headers: tuple[str, str]) -> object:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return read_wish(raw, Patience(2.0, 10.0), TOPICS, 6)


def test_without_a_demand_nothing_is_waited_for() -> None:
    assert wish_of(("accept", "*/*")) is ANYTHING


@pytest.mark.parametrize(
    ("prefer", "wait", "staleness", "applied"),
    [
        ("wait=5", 5, None, "wait=5"),
        ("wait=99", 10, None, "wait=10"),
        ("max-staleness=0.5", 2, 0.5, "max-staleness=0.5"),
        ('respond-async, Wait=1; foo=bar, max-staleness="3"', 1, 3, "wait=1, max-staleness=3"),
        ("wait=1, wait=7", 1, None, "wait=1"),
        ("return=minimal", 2, None, ""),
    ],
)
def test_preferences(prefer: str, wait: float, staleness: float | None, applied: str) -> None:
    wish = wish_of(("prefer", prefer))

    assert (wish.wait, wish.max_staleness, wish.applied) == (wait, staleness, applied)  # type: ignore[attr-defined]


@pytest.mark.parametrize("prefer", ["wait=", "wait=-1", "wait=1e3", "max-staleness=soon", "wait=٣"])
def test_a_demand_that_can_not_be_read_is_refused(prefer: str) -> None:
    with pytest.raises(EdgeRefusal) as refused:
        wish_of(("prefer", prefer))

    assert refused.value.code == "malformed_request"


def test_a_token_of_another_installation_is_refused() -> None:
    from eventing.consistency import ConsistencyToken

    for foreign in (ConsistencyToken("other.events.v1", 0, 1), ConsistencyToken("order.events.v1", 6, 1)):
        with pytest.raises(Refusal):
            wish_of(("consistency-token", foreign.encode()))


def test_a_customer_is_always_filtered_to_its_own() -> None:
    asked = {"q": "mug", "customer_id": ["bob"], "sort": "-total"}

    mine, all_of_them = question(ALICE, asked, None, 20), question(OPERATOR, asked, None, 20)

    assert {"term": {"customer_id": "alice"}} in mine["query"]["bool"]["filter"]
    assert {"terms": {"customer_id": ["bob"]}} in mine["query"]["bool"]["filter"]
    assert {"term": {"customer_id": "olga"}} not in all_of_them["query"]["bool"]["filter"]


def test_a_question_is_bounded_and_never_deep() -> None:
    first, later = question(ALICE, {}, None, 20), question(ALICE, {}, ["2026", "018f"], 20)

    assert first["size"] == 21
    assert first["timeout"] == "2s"
    assert set(first["aggs"]) == set(FACETS)
    assert later["search_after"] == ["2026", "018f"]
    assert "from" not in later
    assert "aggs" not in later
    assert later["sort"][-1] == {"order_id": {"order": "desc"}}


def test_what_is_asked_of_a_line_is_asked_of_one_line() -> None:
    asked = {"sku": ["MUG-1"], "line_quantity_from": 5, "line_price_to": 300}

    (nested,) = [
        one["nested"] for one in question(ALICE, asked, None, 20)["query"]["bool"]["filter"] if "nested" in one
    ]

    assert nested["path"] == "lines"
    assert nested["query"]["bool"]["filter"] == [
        {"range": {"lines.quantity": {"gte": 5}}},
        {"range": {"lines.unit_price": {"lte": 300}}},
        {"terms": {"lines.sku": ["MUG-1"]}},
    ]


def test_a_product_alone_needs_no_look_into_the_lines() -> None:
    asked = {"sku": ["MUG-1"]}

    filters = question(OPERATOR, asked, None, 20)["query"]["bool"]["filter"]

    assert filters == [{"terms": {"skus": ["MUG-1"]}}]


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        ("https://shop.example", True),
        ("HTTPS://SHOP.example", True),
        ("https://shop.example.evil.org", False),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("null", False),
        ("", False),
    ],
)
def test_origins_are_compared_whole(sent: str, allowed: bool) -> None:
    origins = Origins("https://shop.example, https://desk.example/")

    if allowed:
        origins.check([(b"origin", sent.encode())])
    else:
        with pytest.raises(EdgeRefusal):
            origins.check([(b"origin", sent.encode())])


def test_a_program_has_no_origin() -> None:
    Origins("").check([(b"accept", b"*/*")])
