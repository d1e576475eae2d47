"""Puts right what a verification has found, document by document, while writes go on.

A document is mended only if it is still what it was found to be; if it is not, a projector has been there, and it is
judged anew. So nothing newer is ever overwritten, and what was right is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from projections.rebuilding.verifying import Finding, Verifying
from projections.replay_ports import Mending

TRIES: Final = 5


class Repaired(NamedTuple):
    repaired: Sequence[str]
    left: Sequence[str]
    """They changed again and again under our hands, or are not to be mended."""


def repair(verifying: Verifying, mending: Mending, findings: Sequence[Finding]) -> Repaired:
    mended: list[str] = []
    open_ones = list(findings)
    for _ in range(TRIES):
        again = [one.id for one in open_ones if not mending.mend(one.id, one.found, one.wanted)]
        mended += [one.id for one in open_ones if one.id not in set(again)]
        open_ones = list(verifying.confirm(again))
        if not open_ones:
            break
    return Repaired(sorted(mended), sorted(one.id for one in open_ones))
