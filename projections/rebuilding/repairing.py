"""Puts right what a verification has found, document by document, while writes go on.

A document is mended only if it is still what it was found to be; if it is not, a projector has been there, and it is
judged anew. So nothing newer is ever overwritten, and what was right is not touched.

A projector remembers what it has folded, and would write the next event of an order upon what the document was before
it was mended. So projectors are told to forget, and when all have, what was mended is looked at once more: whatever was
written from memory until then is wrong there, and is mended again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from projections.rebuilding.outside import Outside
from projections.rebuilding.verifying import Finding, Verifying
from projections.replay_ports import Mending

TRIES: Final = 5
ROUNDS: Final = 5
LOOKS: Final = 300
BETWEEN_SECONDS: Final = 0.1


class Repaired(NamedTuple):
    repaired: Sequence[str]
    left: Sequence[str]
    """They changed again and again under our hands, or are not to be mended."""
    remembering: Sequence[str] = ()
    """Processes that did not say in time that they have forgotten: what was repaired may come back through them."""


def repair(outside: Outside, verifying: Verifying, mending: Mending, findings: Sequence[Finding]) -> Repaired:
    touched: set[str] = set()
    wrong, remembering = list(findings), list[str]()
    for _ in range(ROUNDS):
        if not wrong:
            break
        touched |= {one.id for one in wrong}
        _mend(verifying, mending, wrong)
        remembering = _await_forgetting(outside, verifying)
        wrong = list(verifying.confirm(sorted(touched)))
    left = {one.id for one in wrong}
    return Repaired(sorted(touched - left), sorted(left), remembering)


def _mend(verifying: Verifying, mending: Mending, wrong: Sequence[Finding]) -> None:
    for _ in range(TRIES):
        again = [one.id for one in wrong if not mending.mend(one.id, one.found, one.wanted)]
        wrong = list(verifying.confirm(again))
        if not wrong:
            break


def _await_forgetting(outside: Outside, verifying: Verifying) -> list[str]:
    """Who has not forgotten in time. Projectors look once a second; one that has just begun remembers nothing."""
    build = verifying.opened.build
    mended = outside.lifecycle.mended(build)
    for _ in range(LOOKS):
        if not outside.lifecycle.remembering(build, mended):
            return []
        outside.step("await projectors", 0, None)
        outside.sleep(BETWEEN_SECONDS)
    return list(outside.lifecycle.remembering(build, mended))
