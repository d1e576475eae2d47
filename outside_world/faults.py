"""What goes wrong on demand: rules that are set while the service runs, and decide alike in every run with one seed.

A rule says for which operation, which keys, which attempts and how likely. The first one that fits is enacted. Chance
is a hash of the seed, the rule, the key and the attempt, so that it does not depend on what else is asked meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field


class Fault(StrEnum):
    # nothing happens
    HANG = "hang"
    """No answer until the caller gives up."""
    CUT = "cut"
    """The connection ends."""
    ERROR_BEFORE = "error_before"
    """An error status."""
    RATE_LIMITED = "rate_limited"
    """429 with Retry-After."""
    REDIRECT = "redirect"
    """Sent elsewhere with 307."""
    # it happens
    DECLINE = "decline"
    """A definite no, kept for ever under its key."""
    DELAY = "delay"
    """At once, but the answer takes its time."""
    LATE = "late"
    """Only after a time, whether somebody still waits or not."""
    HANG_AFTER = "hang_after"
    """And nobody ever says so."""
    LOST_REPLY = "lost_reply"
    """And the connection ends before the first byte of the answer."""
    CUT_ANSWER = "cut_answer"
    """And the connection ends amid the answer."""
    ERROR_AFTER = "error_after"
    """And an error status is the answer."""
    DUPLICATE = "duplicate"
    """And the answer comes twice on one connection."""
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_KEY = "wrong_key"
    """And the answer is about something else."""
    HTML = "html"
    TRUNCATED = "truncated"
    """And the answer is half a JSON document."""
    HUGE = "huge"
    """And the answer does not end for many megabytes."""


WITHOUT_EFFECT: Final = frozenset({Fault.HANG, Fault.CUT, Fault.ERROR_BEFORE, Fault.RATE_LIMITED, Fault.REDIRECT})


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str = Field("*", description="charge, refund, book, void or find; * is all of them")
    fault: Fault
    key: str = Field("*", description="keys, with * and ? as in file names")
    match: dict[str, str] = Field({}, description='fields of the question, as in {"address.city": "Nowhere*"}')
    first: int | None = Field(None, ge=1, description="only the first so many attempts of a key")
    attempts: list[int] | None = Field(None, description="only these attempts of a key; the first one is 1")
    times: int | None = Field(None, ge=1, description="only so often in all")
    probability: float = Field(1.0, ge=0, le=1)
    ms: int = Field(1000, ge=0, le=600_000, description="of delay and late")
    status: int = Field(500, ge=400, le=599, description="of error_before and error_after")
    retry_after: int | None = Field(None, ge=0, le=3600, description="seconds, as the header says; 1 with rate_limited")
    code: str = Field("declined_on_demand", min_length=1, max_length=100, description="of decline")
    megabytes: int = Field(64, ge=1, le=4096, description="of huge")


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    rules: list[Rule] = []


class Faults:
    """The rules that are in force, and how often each was enacted."""

    def __init__(self) -> None:
        self.set(Plan())

    def set(self, plan: Plan) -> None:
        self.plan = plan
        self.enacted = [0] * len(plan.rules)

    def choose(self, operation: str, key: str, attempt: int, question: Mapping[str, Any]) -> Rule | None:
        for number, rule in enumerate(self.plan.rules):
            if self._fits(number, rule, operation, key, attempt, question):
                self.enacted[number] += 1
                return rule
        return None

    def _fits(
        self, number: int, rule: Rule, operation: str, key: str, attempt: int, question: Mapping[str, Any]
    ) -> bool:
        return (
            rule.operation in ("*", operation)
            and (rule.fault is not Fault.DECLINE or operation in ("charge", "book"))
            and fnmatchcase(key, rule.key)
            and (rule.first is None or attempt <= rule.first)
            and (rule.attempts is None or attempt in rule.attempts)
            and (rule.times is None or self.enacted[number] < rule.times)
            and all(fnmatchcase(_field(question, path), wanted) for path, wanted in rule.match.items())
            and _chance(self.plan.seed, number, operation, key, attempt) < rule.probability
        )


def _field(question: Mapping[str, Any], path: str) -> str:
    value: Any = question
    for name in path.split("."):
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return str(value)


def _chance(*about: object) -> float:
    """In [0, 1), the same for the same question."""
    digest = hashlib.blake2b(repr(about).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
