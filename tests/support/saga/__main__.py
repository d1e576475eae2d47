"""Replays a seed: `python -m tests.support.saga SEED [MUTANT]`."""

from __future__ import annotations

import sys

from tests.support.saga.mutants import MUTANTS
from tests.support.saga.world import World


def main(seed: int, mutant: str | None = None) -> None:
    """A seed that breaks ends with the trace of what broke."""
    world = (MUTANTS[mutant] if mutant else World)(seed, _say)
    _say("%s", world.faults)
    world.run()
    _say("%s", {key: account.end for key, account in world.oracle.accounts.items()})


def _say(form: str, *facts: object) -> None:
    sys.stdout.write(form % facts + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:3])
