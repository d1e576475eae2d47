"""Runs the killers in one run of pytest, so that they share the servers, and says of each mutant what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Final, Literal, NamedTuple, TextIO

import pytest

from tests.mutants.table import Mutant

State = Literal["killed", "survived", "not shown"]
"""Not shown: its killer was skipped, or could not be found or begun, and that is no proof of anything."""
BOUND: Final = ("--timeout=180",)


class Outcome(NamedTuple):
    mutant: Mutant
    state: State
    seconds: float


class _Watcher:
    """What pytest tells of each test as it ends."""

    def __init__(self, ended: Callable[[str, bool | None, float], None]) -> None:
        self._ended = ended
        self._told: dict[str, list[pytest.TestReport]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reports = self._told[report.nodeid]
        reports.append(report)
        if report.when == "teardown":
            ran = [each for each in reports if each.when == "call" and not each.skipped]
            passed = all(each.passed for each in reports) if ran else None
            self._ended(report.nodeid, passed, sum(each.duration for each in reports))


def run(mutants: Sequence[Mutant], tell: Callable[[Outcome], None], log: TextIO, *options: str) -> Sequence[Outcome]:
    """In the order of the table; each is told as soon as it is known. What pytest says goes into the log."""
    outcomes: dict[str, Outcome] = {}
    by_killer = {mutant.killer: mutant for mutant in mutants}

    def ended(killer: str, passed: bool | None, seconds: float) -> None:
        mutant = by_killer[killer]
        state: State = "not shown" if passed is None else "killed" if passed else "survived"
        outcomes[killer] = Outcome(mutant, state, seconds)
        tell(outcomes[killer])

    killers = known(mutants, *options)
    if killers:
        with redirect_stdout(log), redirect_stderr(log):
            pytest.main(["--no-header", *BOUND, *options, *killers], plugins=[_Watcher(ended)])
    return [outcomes.get(mutant.killer, Outcome(mutant, "not shown", 0.0)) for mutant in mutants]


def known(mutants: Sequence[Mutant], *options: str) -> list[str]:
    """Those killers that there are: one that was renamed must not keep the others from being run."""
    collector = _Collector()
    files = sorted({mutant.killer.partition("::")[0] for mutant in mutants})
    with redirect_stdout(StringIO()):
        pytest.main(["--collect-only", *options, *files], plugins=[collector])
    return [mutant.killer for mutant in mutants if mutant.killer in collector.found]


class _Collector:
    def __init__(self) -> None:
        self.found: set[str] = set()

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        self.found.add(item.nodeid)
