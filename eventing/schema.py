"""How an event is declared: a frozen record with a type and a version, and the way an older one becomes the newer.

    @event("order.placed", version=2)
    class OrderPlaced:
        order_id: str
        sales_channel: str = "web"

Two kinds of change are told apart:
- one that Avro resolves by itself (a new field with a default): raise the version, keep the one class;
- any other: keep the old class as it was, write the new one, and an `@upcaster` from the old to the new beside it.

Fields are str, int, bool, bytes, a Literal of strings, another record, `tuple[X, ...]` of those or `X | None`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, dataclass_transform

R = TypeVar("R")
Old = TypeVar("Old")
New = TypeVar("New")

_DECLARATION: Final = "__event__"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the decorators wrote down about a class."""

    type: str
    version: int
    first_version: int = 1
    """The first version that Avro can resolve to this class. What is older comes through an upcaster."""
    upcast: Callable[[Any], Any] | None = None
    """Makes the next newer class of the same type out of this one. None for the newest."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[R]) -> type[R]:
    """A value that events share, such as an address."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(type_name: str, *, version: int = 1) -> Callable[[type[R]], type[R]]:
    """Declares an event. Type and version are the storage format: they are never renamed or used again."""

    def declare(cls: type[R]) -> type[R]:
        declared = record(cls)
        setattr(declared, _DECLARATION, Declaration(type_name, version))
        return declared

    return declare


def upcaster(old: type[Old], new: type[New]) -> Callable[[Callable[[Old], New]], Callable[[Old], New]]:
    """Declares the pure function that reads an event of the old class as one of the new class."""
    before, after = declaration(old), declaration(new)
    if before is None or after is None or before.type != after.type or before.version >= after.version:
        raise TypeError(f"{old.__name__} can't become {new.__name__}: they are no older and newer event of one type.")

    def declare(function: Callable[[Old], New]) -> Callable[[Old], New]:
        setattr(old, _DECLARATION, replace(before, upcast=function))
        setattr(new, _DECLARATION, replace(after, first_version=before.version + 1))
        return function

    return declare


def declaration(cls: type) -> Declaration | None:
    """What was declared of this class; None if it is no event."""
    found = cls.__dict__.get(_DECLARATION)
    return found if isinstance(found, Declaration) else None


def type_name(event: object) -> str:
    """The type of an event, such as `order.placed`."""
    declared = declaration(type(event))
    if declared is None:
        raise TypeError(f"{type(event).__name__} is no event: declare it with @event.")
    return declared.type
