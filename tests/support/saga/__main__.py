"""Replays a seed: `python -m tests.support.saga SEED [MUTANT]`."""

from __future__ import annotations

import sys
import traceback

from tests.support.saga.mutants import MUTANTS
from tests.support.saga.world import World


def main(seed: int, mutant: str | None = None) -> int:
    world = (MUTANTS[mutant] if mutant else World)(seed, lambda form, *facts: sys.stdout.write(form % facts + "\n"))
    sys.stdout.write(f"{world.faults}\n")
    try:
        world.run()
    except Exception:
        sys.stdout.write(traceback.format_exc())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:3]))
