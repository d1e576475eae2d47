"""What a long start says while it runs. Whoever shows it decides how; whoever does the work only reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["waiting", "fetching", "unpacking", "starting", "running", "ready", "stopping", "stopped"]


@dataclass(frozen=True, slots=True)
class Step:
    subject: str
    """A server or an artifact."""
    state: State
    """`running` was found as it is, `ready` was started by this call and answers."""
    done: int = 0
    total: int = 0
    """Bytes, while fetching."""
    seconds: float = 0.0


OnProgress = Callable[[Step], None]


def silent(_step: Step) -> None: ...
