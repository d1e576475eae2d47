"""What a consumer of the log's topics knows: messages, and how far it has come in each partition.

The rule that makes redelivery harmless: take a message only if its position is beyond the mark's position of its
partition, and move the mark in the very transaction of the effect. A relay that had to publish something twice, a
rebalance, a crash between effect and acknowledgement: all of them then cost time and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from eventing.cloudevents import Headers
from eventing.errors import OrderloomError


class Partition(NamedTuple):
    topic: str
    number: int


class Mark(NamedTuple):
    """How far a consumer has come in a partition."""

    offset: int
    """The offset of the next message to read."""
    position: int
    """The log's position of the last event whose effect is kept; 0 where there is none yet."""


BEGINNING: Final = Mark(0, 0)


class Message(NamedTuple):
    partition: Partition
    offset: int
    key: str
    value: bytes
    headers: Headers


class Move(NamedTuple):
    """A mark that moves, if it still stands where its owner believes."""

    partition: Partition
    before: Mark
    after: Mark


class Superseded(OrderloomError):
    """Another process reads this partition now and has come further; what was decided here is given up."""

    code = "superseded"


def moves(before: Mapping[Partition, Mark], after: Mapping[Partition, Mark]) -> list[Move]:
    """In one order everywhere, so that two transactions never wait for each other's rows."""
    return [Move(partition, before.get(partition, BEGINNING), after[partition]) for partition in sorted(after)]
