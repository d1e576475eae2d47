"""What a customer knows: where the shop answers, what there is, and what this customer has ordered and seen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Shop(NamedTuple):
    write_apis: Sequence[str]
    query_apis: Sequence[str]
    skus: Sequence[str]
    """The first ones are wanted most, and some of them are scarce."""


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return {}


@dataclass
class Customer:
    name: str
    token: str
    canary: str
    """A word of this customer's alone: should anybody else be shown it, something leaks."""
    orders: dict[str, int] = field(default_factory=dict)
    """Order → the newest version that was told of."""
    tokens: dict[str, str] = field(default_factory=dict)
    """Order → the consistency token that came with it: sent along, so that this session never goes back."""

    def learn(self, order: str, version: int, answer: Answer) -> None:
        """An older answer that comes later takes nothing away."""
        if version >= self.orders.get(order, 0):
            self.orders[order] = version
            self.tokens[order] = answer.headers.get("consistency-token", "")


class Attempt(NamedTuple):
    ended: float
    changes: bool
    """Whether it was to change something, or only to look."""
    answered: bool
    """With an answer that is not the platform's failure."""
