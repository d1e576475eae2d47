"""What a key looks like, what makes two requests the same, and who waits for whom."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_service.api.bodies import PlaceOrderBody
from command_service.idempotency import IdempotencyKey, Turns, fingerprint, parse_key
from eventing.web.body import strict_reader
from eventing.web.refusals import EdgeRefusal
from tests.support.write_api import order

KEY = IdempotencyKey("alice place_order", "k", b"")


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (' "a" ', "a"),
        (r'"a\"b\\c"', r'a"b\c'),
        ("x" * 255, "x" * 255),
        ('"two words"', "two words"),
    ],
)
def test_a_key_is_quoted_or_bare(header: str, key: str) -> None:
    assert parse_key([header.encode()]) == key


@pytest.mark.parametrize(
    "headers",
    [
        [""],
        ['""'],
        ["x" * 256],
        ["é"],
        ["a\tb"],
        ['"a'],
        ['a"b'],
        ["a, b"],
        ["a", "a"],
        ['"a";v=1'],
        ['"' + "x" * 256 + '"'],
    ],
)
def test_anything_else_is_no_key(headers: list[str]) -> None:
    with pytest.raises(EdgeRefusal) as refused:
        parse_key([header.encode("latin-1") for header in headers])

    assert refused.value.code == "idempotency_key_invalid"


def test_no_header_is_no_key() -> None:
    assert parse_key([]) is None


read = strict_reader(PlaceOrderBody).parse


def digest(body: bytes, method: str = "POST", path: str = "/v1/orders", if_match: str | None = None) -> bytes:
    return fingerprint(method, path, if_match, read(body))


PLAIN = json.dumps(order()).encode()
TURNED_ROUND = json.dumps(dict(reversed(order(sales_channel="web").items())), indent=2).replace("-", "\\u002d").encode()


def test_the_same_request_written_in_another_way_is_the_same() -> None:
    assert digest(PLAIN) == digest(TURNED_ROUND)


@pytest.mark.parametrize("other", [{"method": "PUT"}, {"path": "/v1/orders/1"}, {"if_match": '"1"'}])
def test_another_address_or_version_is_another_request(other: dict[str, str]) -> None:
    assert digest(PLAIN) != digest(PLAIN, **other)


bodies = st.builds(
    lambda name, quantity, sku, street: order(
        (sku, quantity), customer_name=name, delivery_address={**order()["delivery_address"], "street": street}
    ),
    st.sampled_from(["Ada", "Ada ", "Eve"]),
    st.integers(1, 3),
    st.sampled_from(["MUG-1", "MUG-2", "mug-1"]),
    st.sampled_from(["1 Way", "11 Way"]),
)


@given(bodies, bodies)
def test_bodies_are_one_request_only_if_they_say_the_same(one: dict[str, object], other: dict[str, object]) -> None:
    first, second = PlaceOrderBody.model_validate(one), PlaceOrderBody.model_validate(other)

    same = fingerprint("POST", "/v1/orders", None, first) == fingerprint("POST", "/v1/orders", None, second)

    assert same == (one == other)


async def test_duplicates_go_one_by_one_and_others_at_once() -> None:
    turns, order_of_events = Turns(), []

    async def work(key: IdempotencyKey, name: str) -> None:
        with await turns.wait_for(key):
            order_of_events.append(f"{name} begins")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            order_of_events.append(f"{name} ends")

    await asyncio.gather(work(KEY, "one"), work(KEY, "two"), work(KEY._replace(key="other"), "other"))

    mine = [said for said in order_of_events if not said.startswith("other")]
    assert mine == ["one begins", "one ends", "two begins", "two ends"]
    assert order_of_events.index("other begins") < order_of_events.index("one ends")


async def test_who_has_waited_too_long_is_told_to_come_again() -> None:
    turns = Turns(patience=0.01)

    with await turns.wait_for(KEY), pytest.raises(EdgeRefusal) as refused, await turns.wait_for(KEY):
        pytest.fail("two at a time")

    assert refused.value.code == "idempotency_in_progress"
    assert refused.value.headers["retry-after"] == "1"


async def test_a_failed_turn_is_given_back() -> None:
    turns = Turns()
    with pytest.raises(ConnectionError), await turns.wait_for(KEY):
        raise ConnectionError

    async with asyncio.timeout(30):
        with await turns.wait_for(KEY):
            pass
