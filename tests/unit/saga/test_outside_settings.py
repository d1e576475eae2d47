"""How long those who fail are left alone can be set, within bounds that make sense."""

from __future__ import annotations

import pytest

from eventing.breaker import State
from eventing.errors import Misconfigured
from eventing.settings import PaymentSettings, read_settings
from saga_choreography.gateways.asking import breaker_of


@pytest.mark.parametrize("section", ["PAYMENTS", "CARRIER"])
@pytest.mark.parametrize(
    ("setting", "allowed", "refused"),
    [
        ("BREAKER_FAILURES", ["3", "10"], ["2", "11"]),
        ("BREAKER_SECONDS", ["30", "120"], ["29", "121"]),
        ("BREAKER_PROBES", ["1"], ["0"]),
        ("ATTEMPTS", ["1"], ["0"]),
        ("CONCURRENCY", ["1"], ["0"]),
    ],
)
def test_settings_have_bounds(
    monkeypatch: pytest.MonkeyPatch, section: str, setting: str, allowed: list[str], refused: list[str]
) -> None:
    name = f"ORDERS_{section}__{setting}"
    for value in allowed:
        monkeypatch.setenv(name, value)
        assert str(getattr(getattr(read_settings(), section.lower()), setting.lower())).startswith(value)
    for value in refused:
        monkeypatch.setenv(name, value)
        with pytest.raises(Misconfigured, match=name):
            read_settings()


def test_a_breaker_never_rests_for_more_than_two_minutes() -> None:
    now = [0.0]
    breaker = breaker_of(PaymentSettings(breaker_failures=3, breaker_seconds=50), now=lambda: now[0])
    rests = []
    for _ in range(3):
        breaker.failed()
    for _ in range(4):
        assert breaker.state is State.OPEN
        rests.append(breaker.rest)
        now[0] += breaker.rest
        breaker.failed(breaker.attempt())

    assert rests == [50, 100, 120, 120]
