"""What follows from each way in which an attempt can fail: a table, and every status has a row."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from saga_choreography.gateways.trouble import CONNECTION, CONTRADICTION, GARBAGE, TIMEOUT, Kind, seconds_of, trouble_of

AGAIN = {429, 500, 502, 503}
NOT_OURS = {408, 425}


@pytest.mark.parametrize("status", [*range(300, 600)])
def test_only_these_statuses_are_tried_again(status: int) -> None:
    assert trouble_of(status, None).kind.again == (status in AGAIN)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 451])
def test_a_mistake_of_ours_is_for_an_operator_and_no_failure_of_theirs(status: int) -> None:
    kind = trouble_of(status, None).kind

    assert kind.ours
    assert kind.counts is False


@pytest.mark.parametrize("status", [status for status in range(300, 600) if not 400 <= status < 500] + [408, 425, 429])
def test_all_others_leave_the_outcome_unknown(status: int) -> None:
    assert not trouble_of(status, None).kind.ours


@pytest.mark.parametrize(
    ("kind", "again", "counts", "alarming"),
    [
        (TIMEOUT, True, True, False),
        (CONNECTION, True, True, False),
        (GARBAGE, False, True, False),
        # it lives, and says something strange: that is no reason to leave it alone, and one to look at it
        (CONTRADICTION, False, False, True),
        # it lives and is busy: that is no verdict on it
        (trouble_of(429, "3").kind, True, None, False),
        (trouble_of(503, None).kind, True, True, False),
        (trouble_of(504, None).kind, False, True, False),
        (trouble_of(307, None).kind, False, None, True),
    ],
)
def test_what_follows_from_it(kind: Kind, again: bool, counts: bool | None, alarming: bool) -> None:
    assert (kind.again, kind.counts, kind.alarming) == (again, counts, alarming)
    assert not kind.ours


NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("7", 7),
        ("99999999999999999999", 300),
        ("Mon, 04 May 2026 12:00:30 GMT", 30),
        ("Mon, 04 May 2026 11:00:00 GMT", 0),
        ("Mon, 04 May 2126 11:00:00 GMT", 300),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_when_to_come_back(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header, NOW) == seconds
