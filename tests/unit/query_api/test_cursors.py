from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.errors import Refusal
from projections.query_api.asking.cursors import LIFETIME, Cursors

KEY = b"k" * 32
QUESTION = {"search": {"q": "mug"}}
AFTER = ["2026-11-26T09:05:00.120Z", "018f"]


def test_a_cursor_leads_back_to_where_the_page_ended() -> None:
    cursors = Cursors(KEY)

    assert cursors.read("alice", QUESTION, cursors.write("alice", QUESTION, AFTER)) == AFTER


def test_all_processes_with_one_key_read_it() -> None:
    assert Cursors(KEY).read("alice", QUESTION, Cursors(KEY).write("alice", QUESTION, AFTER)) == AFTER


@pytest.mark.parametrize(
    ("key", "caller", "question"),
    [(b"x" * 32, "alice", QUESTION), (KEY, "bob", QUESTION), (KEY, "alice", {"search": {"q": "cup"}})],
)
def test_it_is_good_for_nobody_and_nothing_else(key: bytes, caller: str, question: dict[str, object]) -> None:
    cursor = Cursors(KEY).write("alice", QUESTION, AFTER)

    with pytest.raises(Refusal) as refused:
        Cursors(key).read(caller, question, cursor)

    assert refused.value.code == "invalid_cursor"


@given(st.text(max_size=200))
def test_what_was_made_up_is_refused(cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        Cursors(KEY).read("alice", QUESTION, cursor)

    assert refused.value.code == "invalid_cursor"


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_changed_byte_is_noticed(at: int, change: int) -> None:
    cursor = Cursors(KEY).write("alice", QUESTION, AFTER)
    at %= len(cursor) - 1  # the last character holds bits that nobody reads
    forged = cursor[:at] + chr((ord(cursor[at]) + change) % 128) + cursor[at + 1 :]

    if forged != cursor:
        with pytest.raises(Refusal):
            Cursors(KEY).read("alice", QUESTION, forged)


def test_it_ends_after_an_hour() -> None:
    now = [1000.0]
    cursors = Cursors(KEY, lambda: now[0])
    cursor = cursors.write("alice", QUESTION, AFTER)
    now[0] += LIFETIME + 1

    with pytest.raises(Refusal) as refused:
        cursors.read("alice", QUESTION, cursor)

    assert refused.value.code == "stale_cursor"
