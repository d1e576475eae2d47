"""What both services have in common: an operation turns a question into an effect, once a key."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from outside_world.ledger import Effect, Ledger


class Question(BaseModel):
    """The body of a request; what is not known is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NotSo(Exception):
    """The question can't be answered as it is asked; nothing happens."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


Decide = Callable[[Ledger, str, Any, str | None], Effect]
"""Ledger, key, question, and the code with which to decline it if it is to be declined. May raise `NotSo`."""


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    plural: str
    """In its addresses: POST /v1/<plural> and GET /v1/<plural>/by-key/<key>."""
    question: type[Question]
    decide: Decide


@dataclass(frozen=True, slots=True)
class Trade:
    name: str
    operations: Sequence[Operation]


def take_effect(ledger: Ledger, operation: Operation, key: str, question: Question, declined_as: str | None) -> Effect:
    """Inside a transaction: the effect that this key has, made now if it has none."""
    asked = question.model_dump()
    known = ledger.under_key(operation.name, key)
    if known is None:
        known = operation.decide(ledger, key, question, declined_as)
        ledger.add(known)
    elif known.question != asked:
        raise NotSo(422, "key_reused", f"The key {key} was used for something else.")
    return known


def new_reference(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(10)}"
