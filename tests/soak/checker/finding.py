"""What an invariant says of a run: how many things it looked at, and each that is not as it has to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Finding:
    invariant: str
    sentence: str
    looked_at: int = 0
    violations: list[str] = field(default_factory=list)
    skipped: str = ""
    """Why it could not be looked at, where it could not: what was not checked never counts as right."""

    def check(self, right: bool, wrong: str) -> None:
        self.looked_at += 1
        if not right:
            self.violations.append(wrong)

    def check_all(self, count: int, wrong: Iterable[str]) -> None:
        self.looked_at += count
        self.violations += wrong
