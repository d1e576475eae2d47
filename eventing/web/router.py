"""Finds the operation for a method and a path: one dictionary look-up, then a match among paths of the same length."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from eventing.errors import Misconfigured
from eventing.web.operation import Operation

_PARAMETER = re.compile(r"\{([a-z_]+)\}")


class Found(NamedTuple):
    operation: Operation
    params: dict[str, str]


class Router:
    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[str, dict[str, Operation]] = defaultdict(dict)
        self._patterns: dict[int, list[tuple[re.Pattern[str], dict[str, Operation]]]] = defaultdict(list)
        by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
        for operation in operations:
            if operation.method in by_path[operation.path]:
                raise Misconfigured(f"{operation.method} {operation.path} is offered twice: remove one of them.")
            by_path[operation.path][operation.method] = operation
        for path, methods in by_path.items():
            if "{" in path:
                self._patterns[path.count("/")].append((_pattern(path), methods))
            else:
                self._fixed[path] = methods

    def find(self, method: str, path: str) -> Found | None:
        methods, params = self._methods(path)
        operation = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
        return Found(operation, params) if operation is not None else None

    def allowed(self, path: str) -> list[str]:
        """The methods that this path knows, for an Allow header."""
        methods = set(self._methods(path)[0])
        return sorted(methods | {"HEAD"} if "GET" in methods else methods)

    def _methods(self, path: str) -> tuple[dict[str, Operation], dict[str, str]]:
        if (fixed := self._fixed.get(path)) is not None:
            return fixed, {}
        for pattern, methods in self._patterns.get(path.count("/"), ()):
            if found := pattern.fullmatch(path):
                return methods, found.groupdict()
        return {}, {}


def _pattern(path: str) -> re.Pattern[str]:
    pieces = _PARAMETER.split(path)
    fixed, names = map(re.escape, pieces[::2]), pieces[1::2]
    groups = [f"(?P<{name}>[^/]{{1,200}})" for name in names]
    return re.compile("".join(text + group for text, group in zip(fixed, [*groups, ""], strict=True)))
