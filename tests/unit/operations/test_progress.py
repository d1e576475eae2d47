"""Long work as people see it where no terminal is."""

from __future__ import annotations

import pytest

from operations.progress import Steps, line


def test_a_line_says_how_much_how_quick_and_how_long_still() -> None:
    assert line("fold", 120_000, 1_000_000, 22_000) == "fold: 120,000 of 1,000,000, 22,000/s, 40 s to go"
    assert line("fold", 0, 10, 0) == "fold: 0 of 10, 0/s"
    assert line("compare", 0, None, 0) == "compare …"


def test_without_a_terminal_there_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter((0.0, 1.0, 6.0, 7.0))
    monkeypatch.setattr("operations.progress.time.monotonic", lambda: next(clock))
    with Steps(quiet=False) as steps:
        for done in (0, 1000, 6000, 7000):
            steps.show("fold", done, 10_000)
    assert capsys.readouterr().err == "fold: 6,000 of 10,000, 1,000/s, 4 s to go\n"


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with Steps(quiet=True) as steps:
        steps.show("fold", 1, 2)
        steps.show("compare", 0, None)
    assert capsys.readouterr().err == ""
