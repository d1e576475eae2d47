"""What the type of a field says about what is inside it. None stands for a field that the class does not have."""

from __future__ import annotations

from types import NoneType
from typing import Any, get_args


def item_of(hint: Any) -> Any:
    """`X` of `tuple[X, ...]`."""
    return get_args(hint)[0] if hint else None


def some_of(hint: Any) -> Any:
    """`X` of `X | None`."""
    return next(part for part in get_args(hint) if part is not NoneType) if hint else None
