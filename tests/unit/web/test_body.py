"""Bodies that are ambiguous, endless, or not what they claim to be are refused, each with its status."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.web.body import BODY_LIMIT, DEPTH_LIMIT, depth_exceeds, parse_strictly
from eventing.web.refusals import EdgeRefusal
from tests.support.web import MILK

JSON = {"content-type": "application/json"}


def changed(**fields: Any) -> bytes:
    return json.dumps({**MILK, **fields}).encode()


async def test_a_good_body_is_taken(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/notes", json=MILK)).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"", 400, "malformed_json", id="nothing"),
        pytest.param(b"{", 400, "malformed_json", id="cut off"),
        pytest.param(changed() + b" {}", 400, "malformed_json", id="something after the end"),
        pytest.param(b"\xef\xbb\xbf" + changed(), 400, "malformed_json", id="byte order mark"),
        pytest.param(json.dumps(MILK).encode("utf-16"), 400, "malformed_json", id="UTF-16"),
        pytest.param(changed(text="\xe4").replace(b"\\u00e4", b"\xe4"), 400, "malformed_json", id="Latin-1"),
        pytest.param(changed()[:-1] + b',"text":"b"}', 400, "malformed_json", id="duplicate key"),
        pytest.param(changed()[:-1] + b',"te\\u0078t":"b"}', 400, "malformed_json", id="escaped duplicate key"),
        pytest.param(changed()[:-1] + b',"x":[{"a":1,"a":1}]}', 400, "malformed_json", id="deep duplicate key"),
        pytest.param(changed().replace(b"1", b"NaN"), 400, "malformed_json", id="NaN"),
        pytest.param(changed().replace(b"1", b"-Infinity"), 400, "malformed_json", id="Infinity"),
        pytest.param(changed(text="x\ud800"), 400, "malformed_json", id="lone surrogate"),
        pytest.param(changed(text="xx").replace(b"xx", b"\x00"), 400, "malformed_json", id="plain NUL"),
        pytest.param(changed().replace(b"1", b"9" * 5000), 400, "malformed_json", id="5000 digits"),
        pytest.param(b"[" * 33 + b"]" * 33, 400, "malformed_json", id="33 levels"),
        pytest.param(b'{"a":' * 12_000, 400, "malformed_json", id="12000 levels"),
        pytest.param(changed(text="\x00"), 422, "invalid", id="escaped NUL"),
        pytest.param(changed(text="a\nb"), 422, "invalid", id="escaped line feed"),
        pytest.param(changed(text="\x7f"), 422, "invalid", id="DEL"),
        pytest.param(json.dumps({**MILK, "text": "\x9b"}, ensure_ascii=False).encode(), 422, "invalid", id="C1"),
        pytest.param(changed(copies=True), 422, "invalid", id="a boolean as number"),
        pytest.param(changed(copies="1"), 422, "invalid", id="a string as number"),
        pytest.param(changed(copies=1.5), 422, "invalid", id="a fraction"),
        pytest.param(changed().replace(b"1", b"1e400"), 422, "invalid", id="1e400"),
        pytest.param(changed(copies=10**300), 422, "invalid", id="a huge number"),
        pytest.param(changed(copies=0), 422, "invalid", id="out of bounds"),
        pytest.param(changed(owner="mallory"), 422, "invalid", id="an unknown field"),
        pytest.param(b'{"text":"a"}', 422, "invalid", id="missing fields"),
        pytest.param(b"[]", 422, "invalid", id="a list"),
        pytest.param(b"null", 422, "invalid", id="null"),
    ],
)
async def test_a_bad_body_is_refused(client: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await client.post("/v1/notes", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"copies": True}, "/copies", "int_type"),
        ({"tags": ["a", 1]}, "/tags/1", "string_type"),
        ({"tags": ["a", "b\x00"]}, "/tags/1", "control_character"),
        ({"a/b~c": 1}, "/a~1b~0c", "extra_forbidden"),
    ],
)
async def test_a_pointer_names_what_is_wrong(
    client: httpx.AsyncClient, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.post("/v1/notes", content=changed(**fields), headers=JSON)
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


async def test_no_value_that_was_sent_comes_back(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", content=changed(text="canary" * 30, copies="canary"), headers=JSON)
    assert answer.status_code == 422
    assert "canary" not in answer.text


async def test_ten_thousand_mistakes_are_not_all_listed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", content=changed(tags=[1] * 3000), headers=JSON)
    assert len(answer.json()["errors"]) == 20


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/jsonp"},
        {**JSON, "content-encoding": "gzip"},
    ],
)
async def test_another_kind_of_body_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/v1/notes", content=changed(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF-8"'])
async def test_a_charset_that_says_utf_8_is_fine(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.post("/v1/notes", content=changed(), headers={"content-type": media_type})
    assert answer.status_code == 201


@pytest.mark.parametrize(("size", "status"), [(BODY_LIMIT, 422), (BODY_LIMIT + 1, 413)])
@pytest.mark.parametrize("chunk", [1000, 10**6])
async def test_the_limit_counts_what_arrives(client: httpx.AsyncClient, size: int, chunk: int, status: int) -> None:
    body = changed(text="x" * (size - len(changed(text=""))))
    assert len(body) == size

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, size, chunk):
            yield body[start : start + chunk]

    answer = await client.post("/v1/notes", content=chunks(), headers=JSON)
    assert answer.status_code == status


async def test_a_hostile_body_costs_little(client: httpx.AsyncClient) -> None:
    """Quotes that are all escaped: a search for the end of the string from each of them would take minutes."""
    hostile = b"[" * 40 + b'"' + b'\\"' * 32_000
    async with asyncio.timeout(30):
        started = time.process_time()
        answer = await client.post("/v1/notes", content=hostile, headers=JSON)
    assert answer.status_code == 400
    assert time.process_time() - started < 1


numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=40,
)


@given(values)
def test_whatever_a_json_library_writes_is_read(value: Any) -> None:
    try:
        assert parse_strictly(json.dumps(value).encode()) == value
    except EdgeRefusal:
        assert depth_of(value) > DEPTH_LIMIT


@given(values, st.integers(1, 12))
def test_depth_is_what_the_brackets_say(value: Any, limit: int) -> None:
    assert depth_exceeds(json.dumps(value).encode(), limit) == (depth_of(value) > limit)


@given(st.dictionaries(st.text(), st.integers(), min_size=1), st.data())
def test_a_key_that_stands_twice_is_always_found(members: dict[str, int], data: st.DataObject) -> None:
    twice = data.draw(st.sampled_from(sorted(members)))
    body = json.dumps(members)[:-1] + f",{json.dumps(twice)}:0}}"
    with pytest.raises(EdgeRefusal, match="stands twice"):
        parse_strictly(body.encode())


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(member) for member in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(item) for item in value), default=0)
    return 0
