"""Every way in which an attempt can fail, and what follows from it. Nothing here is ever taken for a decline."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

LONGEST_RETRY_AFTER: Final = 300.0
"""Whoever asks us to stay away for longer is asked again after this all the same."""


class Kind(NamedTuple):
    name: str
    """As metrics call it."""
    again: bool = False
    """Whether to try again within the same question."""
    counts: bool | None = None
    """For the breaker: True is a failure of theirs, False a sign of life, None says nothing."""
    ours: bool = False
    """Our own mistake or misconfiguration: an operator is needed."""
    alarming: bool = False


TIMEOUT: Final = Kind("timeout", again=True, counts=True)
CONNECTION: Final = Kind("connection", again=True, counts=True)
BROKEN: Final = Kind("broken", again=True, counts=True)
"""500, 502, 503."""
OTHER_STATUS: Final = Kind("other_status", counts=True)
"""504 and what else nobody promised us."""
SLOW_DOWN: Final = Kind("slow_down", again=True)
"""429."""
GARBAGE: Final = Kind("garbage", counts=True)
"""An answer that is none: another form, another type, too large."""
REDIRECT: Final = Kind("redirect", alarming=True)
"""Never followed: a question about money goes nowhere but where the settings say."""
CONTRADICTION: Final = Kind("contradiction", counts=False, alarming=True)
"""An answer about something else than what was asked: another amount, currency or key."""
MISTAKE: Final = Kind("mistake", counts=False, ours=True)
"""400, 401, 403, 404 and their like."""
NOT_ASKED: Final = Kind("not_asked")
"""The breaker, the bulkhead or the deadline did not let it out."""


class Trouble(Exception):
    def __init__(self, kind: Kind, why: str, *, retry_after: float | None = None, status: int = 0) -> None:
        super().__init__(why)
        self.kind = kind
        self.retry_after = retry_after
        self.status = status


def trouble_of(status: int, retry_after: str | None, said: str = "") -> Trouble:
    """What a status means that is no answer."""
    why = f"It answered {status}{f': {said}' if said else ''}."
    return Trouble(_kind_of(status), why, retry_after=seconds_of(retry_after), status=status)


def _kind_of(status: int) -> Kind:
    if status == 429:
        return SLOW_DOWN
    if status in (500, 502, 503):
        return BROKEN
    if 300 <= status < 400:
        return REDIRECT
    if 400 <= status < 500 and status not in (408, 425):
        return MISTAKE
    return OTHER_STATUS


def seconds_of(retry_after: str | None, now: datetime | None = None) -> float | None:
    """A Retry-After header: seconds, or a date. None if there is none or it makes no sense."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return min(max(0.0, (at - (now or datetime.now(UTC))).total_seconds()), LONGEST_RETRY_AFTER)
