"""Finds what a package defines, so that one thing is added by adding one file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

V = TypeVar("V")


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    """All modules below a package, imported, in the order of their names."""
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    for name in sorted(module.name for module in found):
        yield importlib.import_module(name)


def classes_of(module: ModuleType) -> Iterator[type]:
    """The classes that a module defines itself, in the order of their definition."""
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield value


def values_of(package: ModuleType, kind: type[V]) -> Iterator[V]:
    """Whatever of this kind stands in the modules below a package."""
    for module in modules_of(package):
        yield from (value for value in vars(module).values() if isinstance(value, kind))
