"""Waits for the end of a process, then ends the stack that belonged to it: `python -m local_stack.guardian FOLDER PID`.

The end is seen by the kernel's handle on the process, so kill -9 is an end like any other.
"""

from __future__ import annotations

import sys
from pathlib import Path

from local_stack.processes import wait_for_end


def main(folder: Path, owner: int) -> None:
    wait_for_end(owner)
    from local_stack import ephemeral  # only now: a guardian that waits is to be small

    ephemeral.end(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
