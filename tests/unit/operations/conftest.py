from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's shell sets must not decide here."""
    for name in [name for name in os.environ if name.startswith(("ORDERS_", "DEMO_"))]:
        monkeypatch.delenv(name)
