"""Counters of processes that die and begin again at zero add up, each life once."""

from __future__ import annotations

from tests.soak.scraping import Sums, counted

TOLD = """\
# TYPE orderloom_saga_events_redelivered counter
orderloom_saga_events_redelivered_total{participant="payment"} 3.0
orderloom_saga_events_redelivered_total{participant="order"} 4.0
# TYPE orderloom_saga_answers counter
orderloom_saga_answers_total{participant="payment"} 9.0
"""


def test_only_what_is_asked_for_is_read() -> None:
    assert counted(TOLD) == [("redeliveries_absorbed", 3.0), ("redeliveries_absorbed", 4.0)]


def test_lives_of_a_process_and_processes_are_added_up() -> None:
    sums = Sums()
    for life in ([1.0, 7.0], [2.0], [0.0, 5.0]):
        for value in life:
            sums.look("payment-a", [("redeliveries_absorbed", value)])
    sums.look("order-a", [("redeliveries_absorbed", 10.0)])

    assert sums.totals()["redeliveries_absorbed"] == 7 + 2 + 5 + 10


def test_what_was_never_told_is_zero() -> None:
    assert Sums().totals()["decided_anew"] == 0
