from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eventing.kafka.deliveries import Deliveries


def test_only_what_has_no_gap_before_it_counts() -> None:
    deliveries = Deliveries(10)
    first, second = deliveries.begin(12, 2), deliveries.begin(15, 1)

    second.report(None, None)
    assert deliveries.settle() is None
    assert deliveries.acknowledged == 10

    first.report(None, None)
    first.report(None, None)
    assert deliveries.settle() is None
    assert deliveries.acknowledged == 15
    assert len(deliveries) == 0


def test_a_failure_stays_and_nothing_behind_it_counts() -> None:
    deliveries = Deliveries(0)
    first, second = deliveries.begin(1, 1), deliveries.begin(2, 1)

    first.report("refused", "the message")
    second.report(None, None)

    assert deliveries.settle() == ("refused", "the message")
    assert deliveries.acknowledged == 0


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_in_whatever_order_reports_come_the_mark_is_below_the_first_open_message(sizes: list[int], chance) -> None:  # type: ignore[no-untyped-def]
    deliveries = Deliveries(0)
    begun = [deliveries.begin(sum(sizes[: n + 1]), size) for n, size in enumerate(sizes)]
    reports = [delivery for delivery, size in zip(begun, sizes, strict=True) for _ in range(size)]
    chance.shuffle(reports)
    for delivery in reports:
        delivery.report(None, None)
        deliveries.settle()
        open_ones = [each.last for each in begun if each.awaited]
        assert not open_ones or deliveries.acknowledged < min(open_ones)
    assert deliveries.acknowledged == sum(sizes)
