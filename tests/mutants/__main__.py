"""`python -m tests.mutants`: takes each mechanism out and shows who notices. Exit status 1 if anybody doesn't."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from tests.mutants.running import Outcome, run
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "mutants.json"
LOG = ROOT / "build" / "mutants.log"
SOAK = ROOT / "build" / "soak.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("names", nargs="*", help="some mutants only, by a part of their names")
    parser.add_argument("--list", action="store_true", help="say which there are, and run nothing")
    asked = parser.parse_args()
    wanted = [mutant for mutant in MUTANTS if not asked.names or any(name in mutant.name for name in asked.names)]
    if not wanted:
        sys.stderr.write("There is no such mutant: python -m tests.mutants --list names them.\n")
        return 2
    if asked.list:
        for mutant in wanted:
            say(f"{mutant.name}: {mutant.taken_out}. {mutant.noticed}. {mutant.killer}")
        return 0
    os.chdir(ROOT)
    say(f"{len(wanted)} mutants, each with the test that is to kill it; the servers take half a minute to start.")
    RESULTS.parent.mkdir(exist_ok=True)
    speaking = sys.stdout
    with LOG.open("w", encoding="utf-8") as log:
        outcomes = run(wanted, lambda outcome: show(outcome, speaking), log)
    told = summary(outcomes)
    if not asked.names:
        keep(told)
    for outcome in outcomes:
        if outcome.state == "not shown":
            say(f"NOT SHOWN  {outcome.mutant.name}: {outcome.mutant.killer} was skipped, or is not there any more.")
    clean = told["killed"] == told["of"]
    say(f"{told['killed']} of {told['of']} mutants killed.{'' if clean else f' What pytest said: {LOG}'}")
    return 0 if clean else 1


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "killed": sum(outcome.state == "killed" for outcome in outcomes),
        "of": len(outcomes),
        "mutants": [
            {**outcome.mutant._asdict(), "state": outcome.state, "seconds": round(outcome.seconds, 1)}
            for outcome in outcomes
        ],
    }


def keep(told: dict[str, Any]) -> None:
    """For whoever looks at the soak's figures too."""
    RESULTS.write_text(json.dumps(told, indent=2), encoding="utf-8")
    if SOAK.exists():
        soak = json.loads(SOAK.read_text(encoding="utf-8"))
        soak["mutants_killed"] = killed(told)
        SOAK.write_text(json.dumps(soak, indent=2), encoding="utf-8")


def killed(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("at", "killed", "of")}


def kept() -> dict[str, Any] | None:
    """What the last full run has shown; None where there was none."""
    return killed(json.loads(RESULTS.read_text(encoding="utf-8"))) if RESULTS.exists() else None


def show(outcome: Outcome, speaking: TextIO) -> None:
    """To the terminal that there was before pytest took it over."""
    mutant, state = outcome.mutant, outcome.state if outcome.state == "killed" else outcome.state.upper()
    speaking.write(f"{state:9}  {mutant.name}: without {mutant.taken_out}\n")
    speaking.write(f"           {mutant.noticed}  ({outcome.seconds:.1f} s)  {mutant.killer}\n")
    speaking.flush()


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
