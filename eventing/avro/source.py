"""Python source that is written by a program: lines with an indentation, fresh names, and the values they speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any


class Source:
    def __init__(self, **known: Any) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._known: dict[str, Any] = known
        self._numbers = count(1)

    def line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def fresh(self, stem: str) -> str:
        return f"{stem}{next(self._numbers)}"

    def known(self, stem: str, value: Any) -> str:
        """A name under which the source can speak of this value."""
        name = self.fresh(stem)
        self._known[name] = value
        return name

    def function(self, name: str) -> Callable[..., Any]:
        # Only names of fields out of our own classes and schemas get into the text, and those are Python identifiers.
        exec(compile("\n".join(self._lines), f"<avro {name}>", "exec"), self._known)  # noqa: S102
        function: Callable[..., Any] = self._known[name]
        return function
