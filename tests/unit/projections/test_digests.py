"""A few thousand numbers say where two sets of documents differ."""

from __future__ import annotations

import random

from eventing.consuming import Mark, Partition
from projections.ports import Stored
from projections.rebuilding.digests import RANGES, Digests, range_of, together
from projections.replay_ports import Ends, is_shown, lacking
from projections.stores.log_history import _marks
from tests.support.read_models.builds import build

DOCUMENTS = {f"order-{number:05d}": Stored(number + 1, {"total": number, "lines": [number]}) for number in range(5000)}


def digests(documents: dict[str, Stored]) -> Digests:
    made = Digests()
    for one, stored in documents.items():
        made.add(one, stored)
    return made


def test_the_order_of_documents_and_of_their_fields_says_nothing() -> None:
    shuffled = list(DOCUMENTS.items())
    random.Random(1).shuffle(shuffled)
    turned = {one: Stored(kept.position, dict(reversed((kept.document or {}).items()))) for one, kept in shuffled}
    assert digests(DOCUMENTS).suspicious(digests(turned)) == []


def test_what_differs_makes_its_own_range_suspicious_and_no_other() -> None:
    wrong = {**DOCUMENTS, "order-00007": Stored(8, {"total": 8, "lines": [7]}), "order-x": Stored(1, {})}
    del wrong["order-00100"]
    wrong["order-00200"] = Stored(999_999, DOCUMENTS["order-00200"].document)
    wrong["order-00300"] = DOCUMENTS["order-00300"]._replace(label="2 mallory")
    expected = {range_of(one) for one in ("order-00007", "order-x", "order-00100", "order-00200", "order-00300")}
    assert set(digests(DOCUMENTS).suspicious(digests(wrong))) == expected


def test_a_range_in_which_something_moved_is_looked_at() -> None:
    moving = digests(DOCUMENTS)
    moving.moving.add(17)
    assert moving.suspicious(digests(DOCUMENTS)) == digests(DOCUMENTS).suspicious(moving) == [17]


def test_ranges_are_grouped_so_that_a_group_fits_into_memory() -> None:
    counts = [10] * RANGES
    groups = together(list(range(100)), counts, 95)
    assert [len(group) for group in groups] == [9] * 11 + [1]
    assert set().union(*groups) == set(range(100))
    assert together([], counts, 95) == []


def test_marks_on_the_way_keep_the_old_offset_and_the_last_ones_have_the_noted_one() -> None:
    one, two = Partition("t", 0), Partition("t", 1)
    begin = {one: Mark(5, 100), two: Mark(9, 300)}
    ends = Ends({one: 50, two: 60}, 400)
    assert _marks(begin, ends, 200) == {one: Mark(5, 200)}  # the other one is already further
    assert _marks(begin, ends, 400) == {one: Mark(50, 400), two: Mark(60, 400)}


def test_a_build_lacks_what_another_one_has_reached() -> None:
    one, two = Partition("t", 0), Partition("t", 1)
    assert lacking({one: Mark(1, 10)}, {one: Mark(9, 10)}) == {}
    assert lacking({one: Mark(9, 9)}, {one: Mark(1, 10), two: Mark(0, 0)}) == {one: 10}
    assert lacking({}, {two: Mark(1, 1)}) == {two: 1}


def test_a_build_is_known_by_its_tag_in_either_store() -> None:
    made = build(number=3)
    assert is_shown("g1-3", made)
    assert is_shown("shop-order_search-g1-3", made)
    assert not is_shown("shop-order_search-g1-13", made)
    assert not is_shown(None, made)
