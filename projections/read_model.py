"""What a read model is: which documents it has, what they hear, and how an event changes one. Pure, like a decider.

A model is one record in one file of `projections.read_models`, and is discovered there. It consists of families of
documents. A document belongs to one key of one topic, so that everything about it comes from one partition, in order:

    fold(document or None, heard) -> document or None       None where there was a document deletes it

What many keys feed (the sales of a day) is no document but *sums*: each document says what it contributes, and a part
a partition keeps the sum of the contributions of that partition's documents. So a sum can be checked at any time
against its documents, and what is delivered twice is folded into a document once and therefore counted once.
What is listed (a customer's orders, newest first) are *places*: each document says where it stands in which list.

Documents are plain JSON values that are never changed in place. What a model's documents look like is fixed by its
generation: new fields, another mapping or another fold are a new generation, which is built beside the old one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from eventing.envelope import Envelope
from eventing.errors import Misconfigured, Unreadable
from eventing.schema import declaration
from eventing.streams import key_of

Document: TypeAlias = dict[str, Any]
StoreKind = Literal["elasticsearch", "redis"]

_SECONDS: Final = 19
_MICROSECONDS: Final = 26
"""Lengths of a time as text, without and with its fraction."""


class Heard(NamedTuple):
    """An event as a read model hears it: from Kafka, from the store, or in a test. The same whichever way it came."""

    event: Any
    """Of the newest version."""
    stream: str
    version: int
    """Of the stream."""
    position: int
    """In the log."""
    at: str
    """When it was recorded, as `at_text` writes it."""

    @property
    def key(self) -> str:
        return key_of(self.stream)


Fold: TypeAlias = Callable[[Document | None, Heard], Document | None]


class Sum(NamedTuple):
    """A number that many documents add to: `field` of the group, such as `revenue` of a day."""

    group: str
    field: str


Sums: TypeAlias = Mapping[Sum, int]
Places: TypeAlias = Mapping[str, int]
"""List → where in it the document stands; the largest is shown first. Exact up to 2**53, as positions are."""


class OutOfOrder(Unreadable):
    """An event speaks of something of which the beginning is missing."""

    code = "missing_predecessor"


@dataclass(frozen=True, slots=True)
class Family:
    """Documents of one kind within a model, and what feeds them. All of it comes from one topic."""

    name: str
    """The documents' ids are `<name>/<key>`; the only family of a model may be called "" and has the bare key."""
    topic: str
    """Without the prefix of an installation."""
    hears: tuple[type, ...]
    """Event classes, each the newest of its type."""
    fold: Fold
    key: Callable[[Heard], str] = attrgetter("key")
    """Of the document: the key of the stream, or another one that never leaves that key's partition."""
    begins: tuple[type, ...] = ()
    """Of what it hears, that which is the first of a document: so nothing need be looked for that it builds on."""
    label: Callable[[Document], str] | None = None
    """A short line that Redis keeps before the document, so that a reader needs not parse it: version, owner."""
    sums: Callable[[Document], Sums] | None = None
    places: Callable[[Document], Places] | None = None

    def label_of(self, document: Document | None) -> str:
        return self.label(document) if self.label and document is not None else ""

    def id_of(self, key: str) -> str:
        return f"{self.name}/{key}" if self.name else key


@dataclass(frozen=True)
class ReadModel:
    name: str
    generation: int
    """Raised with every change of what the documents say or of how they can be searched."""
    store: StoreKind
    families: tuple[Family, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Elasticsearch: of the index."""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    """Elasticsearch: of the documents. `position` and `deleted` are added by the store."""
    announces: bool = False
    """Redis: whether changed documents are told on a channel, for caches and for those who watch an order."""

    @cached_property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted({family.topic for family in self.families}))

    @cached_property
    def heard_by(self) -> Mapping[str, tuple[Family, ...]]:
        """Families by the type of the events that they hear."""
        found: dict[str, tuple[Family, ...]] = {}
        for family in self.families:
            for cls in family.hears:
                name = type_of(cls)
                found[name] = (*found.get(name, ()), family)
        return found

    @cached_property
    def digest(self) -> str:
        """Of the declared shape. What the folds do is held by a test that folds one log of all events."""
        families = [
            [family.name, family.topic, sorted(map(type_of, family.hears)), bool(family.sums), bool(family.places)]
            for family in self.families
        ]
        shape = [self.name, self.store, families, self.settings, self.mapping, self.announces]
        return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]

    def family(self, document_id: str) -> Family:
        name = document_id.rpartition("/")[0]
        return next(family for family in self.families if family.name == name)


def type_of(event: type) -> str:
    declared = declaration(event)
    assert declared is not None, f"{event.__name__} is no event"
    return declared.type


def heard(envelope: Envelope[Any]) -> Heard:
    """What was read from the store, as a model hears it."""
    recorded = envelope.recorded
    return Heard(envelope.event, recorded.stream, recorded.version, recorded.position, at_text(recorded.recorded_at))


def at_text(at: datetime) -> str:
    """`2026-11-26T09:05:00.120000Z`: one text for one moment, so that a replay gives the same bytes."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:_MICROSECONDS]}Z"


def normal_at(text: str) -> str:
    """The same of a time in UTC as text, which may leave out zeros at its end: `2026-11-26T09:05:00.12Z`."""
    if len(text) == _MICROSECONDS + 1:
        return text
    bare = text.removesuffix("Z")
    if len(bare) == _SECONDS:
        bare += "."
    return f"{bare.ljust(_MICROSECONDS, '0')}Z"


def known(document: Document | None, heard: Heard) -> Document:
    """The document that an event builds on; whoever hears its beginning has it."""
    if document is None:
        raise OutOfOrder(
            f"{type_of(type(heard.event))} at position {heard.position} speaks of {heard.key}, "
            "of which nothing is known here: what was kept of it is lost; rebuild the read model."
        )
    return document


def fold_all(family: Family, events: Iterable[Heard]) -> Document | None:
    """What the events of one document make of it; how a reader answers who can't wait for the model."""
    document: Document | None = None
    for one in events:
        if isinstance(one.event, family.hears):
            document = family.fold(document, one)
    return document


def difference(before: Mapping[Any, int], after: Mapping[Any, int]) -> Mapping[Any, int]:
    """What has to be added to come from one set of contributions to another."""
    changes = {name: -amount for name, amount in before.items() if name not in after and amount}
    changes |= {name: change for name, amount in after.items() if (change := amount - before.get(name, 0))}
    return changes


def models_named(models: Sequence[ReadModel], wanted: Sequence[str]) -> Sequence[ReadModel]:
    """All of them where none is named."""
    if unknown := sorted(set(wanted) - {model.name for model in models}):
        names = ", ".join(model.name for model in models)
        raise Misconfigured(f"There is no read model {unknown[0]!r}: name one of {names}.")
    return [model for model in models if not wanted or model.name in wanted]
