from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.cpu import CpuClock, Stat, parse, ticks_below

SPIN = "import time\nwhile time.process_time() < 0.3: pass"


def test_a_command_with_parentheses_does_not_shift_the_fields() -> None:
    line = "42 (odd ) name) S 7 42 42 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 5"

    assert parse(line) == Stat(parent=7, ticks=100)


def test_servers_and_their_descendants_count_and_strangers_do_not() -> None:
    stats = {1: Stat(0, 1000), 5: Stat(1, 10), 6: Stat(5, 20), 7: Stat(6, 30), 8: Stat(1, 500)}

    assert ticks_below(frozenset({5}), stats) == 60
    assert ticks_below(frozenset({5, 6}), stats) == 60


def test_the_time_of_a_child_that_has_ended_is_not_lost() -> None:
    clock = CpuClock({os.getpid()})
    before = clock.seconds()

    subprocess.run([sys.executable, "-c", SPIN], check=True)

    assert clock.seconds() - before >= 0.25
