"""The catalogue of the event language: every type with its classes, its frozen schemas, its streams and its topic.

It is discovered from a package of events: `order/placed.py` holds the type `order.placed`, the folder's STREAM and
TOPIC say where its events belong, `avro/order.placed.v1.avsc` is how version 1 is stored. A file more is a type more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import ModuleType

from eventing.discovery import classes_of, modules_of
from eventing.errors import Misconfigured
from eventing.schema import declaration

SCHEMA_FOLDER = "avro"


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event, in all its versions."""

    name: str
    namespace: str
    stream: str
    """The category of the streams that hold it."""
    topic: str
    """The topic it travels on, without the prefix of an installation."""
    classes: tuple[type, ...]
    """From the oldest to the newest; each but the last has an upcaster to the next."""
    schemas: Mapping[int, str]
    """The frozen Avro schema of each version, as text."""

    @property
    def newest(self) -> type:
        return self.classes[-1]

    @property
    def version(self) -> int:
        return version_of(self.newest)

    def reader(self, version: int) -> type:
        """The class to which Avro itself resolves this stored version."""
        return next(cls for cls in self.classes if version <= version_of(cls))


@dataclass(frozen=True, slots=True)
class Catalogue:
    types: Mapping[str, EventType]

    @classmethod
    def discover(cls, package: ModuleType) -> Catalogue:
        schemas = _frozen_schemas(package)
        found: dict[str, list[type]] = {}
        for module in modules_of(package):
            for event in classes_of(module):
                if declared := declaration(event):
                    _demand_place(package, module, declared.type)
                    found.setdefault(declared.type, []).append(event)
        return cls({name: _event_type(package, name, events, schemas) for name, events in sorted(found.items())})

    def __iter__(self) -> Iterator[EventType]:
        return iter(self.types.values())

    def __len__(self) -> int:
        return len(self.types)

    def __getitem__(self, name: str) -> EventType:
        return self.types[name]


def version_of(event: type) -> int:
    declared = declaration(event)
    assert declared is not None, f"{event.__name__} is no event"
    return declared.version


def schema_file(name: str, version: int) -> str:
    return f"{name}.v{version}.avsc"


def _event_type(package: ModuleType, name: str, events: list[type], schemas: Mapping[str, str]) -> EventType:
    classes = tuple(sorted(events, key=version_of))
    _demand_chain(name, classes)
    folder = sys.modules[f"{package.__name__}.{name.partition('.')[0]}"]
    versions = range(1, version_of(classes[-1]) + 1)
    return EventType(
        name=name,
        namespace=f"{_constant(package, 'NAMESPACE')}.{name.partition('.')[0]}",
        stream=_constant(folder, "STREAM"),
        topic=_constant(folder, "TOPIC"),
        classes=classes,
        schemas={version: schemas[file] for version in versions if (file := schema_file(name, version)) in schemas},
    )


def _constant(module: ModuleType, name: str) -> str:
    value = getattr(module, name, None)
    if not isinstance(value, str):
        raise Misconfigured(f"{module.__name__} has to say its {name}: write it into its __init__.py.")
    return value


def _demand_place(package: ModuleType, module: ModuleType, name: str) -> None:
    if module.__name__ != f"{package.__name__}.{name}":
        raise Misconfigured(f"The event {name} stands in {module.__name__}: move it to {package.__name__}.{name}.")


def _demand_chain(name: str, classes: tuple[type, ...]) -> None:
    """From every old class there is a way to the newest, and no version belongs to two classes."""
    following = 1
    for cls in classes:
        declared = declaration(cls)
        assert declared is not None
        if declared.first_version != following or (declared.upcast is None) is not (cls is classes[-1]):
            raise Misconfigured(f"{name} has no way from {cls.__name__} to its newest version: write an @upcaster.")
        following = declared.version + 1


def _frozen_schemas(package: ModuleType) -> Mapping[str, str]:
    folder = files(package) / SCHEMA_FOLDER
    if not folder.is_dir():
        return {}
    return {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".avsc")}
