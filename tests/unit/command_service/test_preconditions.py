from __future__ import annotations

import pytest

from command_service.preconditions import parse_if_match
from eventing.web.refusals import EdgeRefusal


@pytest.mark.parametrize(
    ("header", "version", "holds"),
    [
        ('"3"', 3, True),
        ('"3"', 4, False),
        ("*", 7, True),
        ('"2", "3"', 3, True),
        ('W/"3"', 3, False),  # If-Match compares strongly, so a weak tag matches nothing
        ('"three"', 3, False),
        ('"03"', 3, False),
    ],
)
def test_a_belief_holds_or_not(header: str, version: int, holds: bool) -> None:
    assert parse_if_match(header).holds(version) is holds


@pytest.mark.parametrize("header", ["3", '"3', "", '"1", ', '*, "1"', '"\x01"', "é"])
def test_what_is_no_tag_is_refused(header: str) -> None:
    with pytest.raises(EdgeRefusal) as refused:
        parse_if_match(header)

    assert refused.value.code == "malformed_request"
