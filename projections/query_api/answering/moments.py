"""Moments remembered in little room, however many come and however far back they reach.

Who asks for the latest moment before some other one may be told an earlier one, if that was forgotten: by a tenth of
its age at most. So of the last seconds all are there and of old ones few; their number grows with the logarithm of the
time. The oldest is never forgotten: whoever was that far once can always be told something.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Protocol, TypeVar

FINEST: Final = 0.05
"""Seconds between two moments of which neither is forgotten, however young they are."""
SHARE: Final = 0.1
BATCH: Final = 128
"""So many come before some are forgotten: to look at all of them for each would cost too much."""


class Moment(Protocol):
    @property
    def at(self) -> float: ...


M = TypeVar("M", bound=Moment)


def remember(moments: list[M], one: M, now: float) -> None:
    moments.append(one)
    if len(moments) % BATCH == 0:
        moments[:] = thinned(moments, now)


def thinned(moments: Sequence[M], now: float) -> list[M]:
    """The first, the last, and of those between as many as it takes to leave no gap that is too wide for its age."""
    kept = [moments[0]]
    for one, following in pairwise(moments[1:]):
        if following.at - kept[-1].at > max(FINEST, SHARE * (now - following.at)):
            kept.append(one)
    return [*kept, moments[-1]]
