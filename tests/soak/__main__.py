"""`python -m tests.soak --seconds 90 --seed 1`: a storm over the whole platform, and the judgement after it."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak.faults import FAULTS
from tests.soak.running import ROOT, Wanted, run, say


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--seconds", type=float, default=90, help="of each storm")
    parser.add_argument("--seed", type=int, action="append", help="may be given several times: a storm for each")
    parser.add_argument("--rate", type=float, default=12, help="visits a second")
    parser.add_argument("--pause", type=float, default=4, help="mean seconds between faults; 0 for none")
    parser.add_argument("--only", action="append", default=[], help="kinds of faults, by a part of their names")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "soak.json", help="where the figures go")
    asked = parser.parse_args()
    faults = [fault for fault in FAULTS if not asked.only or any(part in fault.kind for part in asked.only)]
    if not faults:
        parser.error(f"there is no such fault; there are: {', '.join(fault.kind for fault in FAULTS)}.")
    folder = Path(tempfile.mkdtemp(prefix="orderloom-soak-"))
    told = run(folder, Wanted(asked.seconds, asked.seed or [1], asked.rate, asked.pause, faults))
    asked.out.parent.mkdir(exist_ok=True)
    asked.out.write_text(json.dumps(told, indent=2, default=str), encoding="utf-8")
    clean = not told["violations"] and not told["not_settled"]
    if asked.keep or not clean:
        say(f"Logs and journal: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
