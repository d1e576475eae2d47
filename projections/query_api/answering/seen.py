"""What an answer says about itself: up to where it is, how old it may be, and where it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from eventing.consistency import HEADER, ConsistencyToken, encode_seen
from projections.reading import Standing

Source = Literal["read-model", "event-store"]

POSITION: Final = "read-position"
STALENESS: Final = "read-staleness"
SOURCE: Final = "read-source"
PARKED: Final = "read-parked"
UNKNOWN: Final = "unknown"


class Seen(NamedTuple):
    tokens: Sequence[ConsistencyToken]
    """Everything up to these is in the answer. Sent back, no later answer shows less."""
    staleness: float | None
    """Seconds: what was recorded earlier than that is in the answer. None if nobody can say."""
    source: Source = "read-model"
    parked: int | None = 0
    """Keys of which the answer may show less than that, as an event of theirs is parked. None if nobody can say."""

    def headers(self, applied: str = "") -> dict[str, str]:
        position = max((token.position for token in self.tokens), default=0)
        staleness = UNKNOWN if self.staleness is None else f"{self.staleness:.3f}"
        said = {POSITION: str(position), STALENESS: staleness, SOURCE: self.source}
        if self.tokens:
            said[HEADER.lower()] = encode_seen(self.tokens)
        if self.parked != 0:
            said[PARKED] = UNKNOWN if self.parked is None else str(self.parked)
        if applied:
            said["preference-applied"] = applied
        return said


def shown(standing: Standing, topics: Iterable[str]) -> Sequence[ConsistencyToken]:
    """The whole view of these topics that a model has."""
    wanted = set(topics)
    return [
        ConsistencyToken(partition.topic, partition.number, position)
        for partition, position in standing.visible.items()
        if partition.topic in wanted and position
    ]


OF_MANY: Final[Mapping[str, str]] = {
    PARKED: "Of how many keys (orders, products) an event is parked that the model could not take: what is shown of "
    "them stays as it was until the event is retried, whatever the other headers say. Not sent if there are none; "
    "`unknown` while nobody can say.",
}
"""What answers say that are read from many documents: of a single order such an event is looked for by itself."""


def describe(names: Mapping[str, str] = {}) -> dict[str, str]:
    """For the documentation of an answer."""
    return {
        **names,
        "consistency-token": "What this answer has seen. Sent with a later query, by you or by somebody else, that "
        "one shows at least as much.",
        POSITION: "The position in the log of the newest event that this answer may show.",
        STALENESS: "Seconds; whatever was recorded earlier than that is in the answer. `unknown` if nobody can say.",
        SOURCE: "`read-model`, or `event-store` where the events were folded just now because the model was not "
        "fresh enough or not there.",
        "preference-applied": "The preferences in `Prefer` by which this was answered.",
    }
