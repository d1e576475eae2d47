from __future__ import annotations

from outbox_relay.pace import gather, pause


def test_a_busy_log_is_looked_at_every_millisecond_and_an_idle_one_gently() -> None:
    assert pause(0.0, 0.01) == 0.001
    assert pause(0.005, 0.01) == 0.001
    assert pause(0.05, 0.01) == 0.005
    assert pause(60.0, 0.01) == 0.01


def test_it_gathers_only_where_a_short_wait_finds_a_batch_that_is_not_there_yet() -> None:
    assert [gather(found) for found in (0, 1, 7)] == [0, 0, 0]
    assert gather(8) == gather(255) == 0.004
    assert gather(256) == gather(5000) == 0
