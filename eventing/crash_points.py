"""Named places where a test can make the process die at once, as kill -9 would, at the n-th pass.

`ORDERS_CRASH_POINT=commands.committed:3` with `ORDERS_ENVIRONMENT=test`. Each name is declared in the register, so that
a test with a misspelt name fails instead of never crashing; outside tests a setting is refused, so that none can be
used against a platform that is live. `ORDERS_CRASH_POINT_TALLY` names a file in which any number of processes count
what they pass, a line each, and where they died.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from eventing.crash_point_register import CRASH_POINTS
from eventing.errors import Misconfigured

EXIT_STATUS: Final = 137
"""That of a process killed with -9."""

_DIED: Final = "!"

_passes_left: dict[str, int] = {}
_tally: int | None = None
"""The open file in which passes are counted."""


class Count(NamedTuple):
    passed: int
    died: int


def reach(name: str) -> None:
    """Die here if this pass is the one that was asked for. Costs two looks otherwise."""
    if _tally is None and name not in _passes_left:
        return
    passes_left = _passes_left[name] = _passes_left.get(name, 0) - 1
    if _tally is not None:
        os.write(_tally, f"{name}{_DIED if passes_left == 0 else ''}\n".encode())
    if passes_left == 0:
        os._exit(EXIT_STATUS)


def arm(wanted: str | None, *, environment: str, tally: Path | None = None) -> None:
    """Called by each composition root with what the settings say."""
    _passes_left.clear()
    _count_in(None)
    if not (wanted or tally):
        return
    if environment != "test":
        raise Misconfigured(
            "ORDERS_CRASH_POINT kills processes and ORDERS_CRASH_POINT_TALLY slows them down: take them away, or set "
            "ORDERS_ENVIRONMENT=test."
        )
    if wanted:
        name, _, passes = wanted.partition(":")
        if name not in CRASH_POINTS or not (passes.isascii() and passes.isdigit() and int(passes) > 0):
            known = ", ".join(sorted(CRASH_POINTS))
            raise Misconfigured(f"ORDERS_CRASH_POINT is {wanted!r}, not name:pass with one of these names: {known}.")
        _passes_left[name] = int(passes)
    _count_in(tally)


def read_tally(file: Path) -> dict[str, Count]:
    """Of each declared crash point, also of those that nobody has passed."""
    lines = Counter(file.read_text(encoding="utf-8").splitlines() if file.exists() else ())
    return {name: Count(lines[name] + lines[name + _DIED], lines[name + _DIED]) for name in sorted(CRASH_POINTS)}


def _count_in(file: Path | None) -> None:
    global _tally
    if _tally is not None:
        os.close(_tally)
    _tally = None
    if file is None:
        return
    try:
        # Lines of many processes: each is one short write at the end.
        _tally = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misconfigured(f"ORDERS_CRASH_POINT_TALLY can't be written to: {error}.") from error
