"""Closed sets: a symbol and its index, either way. What is not in the set is refused, never counted from the end."""

from __future__ import annotations

from typing import NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Symbols(dict[K, V]):
    def __missing__(self, key: K) -> NoReturn:
        raise ValueError(f"{key!r} is none of {', '.join(map(str, self))}")
