from __future__ import annotations

from outbox_relay.pace import pause


def test_a_busy_log_is_looked_at_every_millisecond_and_an_idle_one_gently() -> None:
    assert pause(0.0, 0.01) == 0.001
    assert pause(0.005, 0.01) == 0.001
    assert pause(0.05, 0.01) == 0.005
    assert pause(60.0, 0.01) == 0.01
