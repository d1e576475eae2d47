"""A build: the documents of one generation of a model, made once. Several may exist, one is live.

    building   a rebuild fills it; no projector touches it
    following  it is filled; projectors keep it fresh beside the live one, until it is switched to or given up
    live       queries are answered from it, projectors keep it fresh
    old        it was live; it is kept, and kept fresh, for a way back, until it is dropped

A projector keeps `following`, `live` and `old` builds of the generation that it has in its code, and leaves builds of
other generations to processes that know them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple

State = Literal["building", "following", "live", "old"]
KEPT_FRESH: Final[frozenset[State]] = frozenset({"following", "live", "old"})

GONE_SECONDS: Final = 15.0
"""A repair does not wait for a process that has said nothing of itself for so long."""


class Build(NamedTuple):
    model: str
    generation: int
    number: int
    """Counted for each model; never used again."""
    state: State
    digest: str
    """Of the model's shape when it was made."""
    identity: str
    """What the store answered when it was made: something of the same name that is not this is told apart."""
    made_at: datetime
    live_since: datetime | None = None
    mended: int = 0
    """How often a repair has put documents of it right."""

    @property
    def tag(self) -> str:
        """`g1-3`, in the names of indices and keys."""
        return f"g{self.generation}-{self.number}"

    @property
    def consumer(self) -> str:
        """Its name for marks, parked events and Kafka's consumer groups."""
        return f"projection-{self.model}-{self.tag}"
