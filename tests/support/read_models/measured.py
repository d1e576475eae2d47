"""A rebuild as a process that says how much memory it took: `MUTANT MODEL`, in small steps so that little shows much.

The mutants hold what grows with the log. None of them is in the product.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from benchmarks.our_rebuild import main
from projections.rebuilding.replaying import Replay
from projections.stores.log_history import LogHistory

STRETCH, REMEMBERED = 2_000, 1_000
NO_END = 10**9
MUTANTS: Mapping[str, tuple[int, int]] = {
    "none": (STRETCH, REMEMBERED),
    "reads_all_at_once": (NO_END, REMEMBERED),
    "remembers_everything": (STRETCH, NO_END),
}

if __name__ == "__main__":
    stretch, remembered = MUTANTS[sys.argv.pop(1)]
    assert LogHistory.__init__.__kwdefaults__ is not None
    assert Replay.__init__.__kwdefaults__ is not None
    LogHistory.__init__.__kwdefaults__["stretch"] = stretch
    Replay.__init__.__kwdefaults__["remembered"] = remembered
    main()
