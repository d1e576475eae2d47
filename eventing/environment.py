"""Reads a settings record from environment variables, and refuses what it does not know.

pydantic-settings passes over a variable that fits no field, so that a misspelt address would silently mean "not
given". Here every variable with the prefix has to be a setting, or `<a secret setting>_FILE`, naming a file to read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from eventing.errors import Misconfigured

PREFIX = "ORDERS_"
DELIMITER = "__"
FILE_SUFFIX = "_FILE"
SECRET_FILE_LIMIT = 64 * 1024

OF_CONTAINERS = ("ORDERS_IMAGE_", "ORDERS_PUBLISH_")
"""What docker-compose.yml and the tests read: which images, and where ports are published. No process looks at it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting: how the environment calls it, and where it stands in the record."""

    name: str
    path: tuple[str, ...]
    field: FieldInfo

    @property
    def secret(self) -> bool:
        return _holds_a_secret(self.field.annotation)

    def value_in(self, record: BaseModel) -> Any:
        value: Any = record
        for name in self.path:
            value = getattr(value, name)
        return value


@dataclass(frozen=True, slots=True)
class Given:
    value: str
    origin: str


class EnvironmentSource(PydanticBaseSettingsSource):
    """The one source of settings besides defaults."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        return nested({path: given.value for path, given in read(self.settings_cls, os.environ).items()})


def variables(record: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Variable]:
    for name, field in record.model_fields.items():
        inner = (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from variables(field.annotation, inner)
        else:
            yield Variable(PREFIX + DELIMITER.join(inner).upper(), inner, field)


def read(record: type[BaseModel], environ: Mapping[str, str]) -> dict[tuple[str, ...], Given]:
    """What the environment gives, by its path in the record."""
    known = {variable.name: variable for variable in variables(record)}
    given: dict[tuple[str, ...], Given] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name.startswith(OF_CONTAINERS):
            continue
        if name in known:
            given[known[name].path] = Given(value, name)
            continue
        variable = known.get(name.removesuffix(FILE_SUFFIX)) if name.endswith(FILE_SUFFIX) else None
        if variable is None or not variable.secret:
            raise Misconfigured(_unknown(name, known))
        if variable.path in given:
            raise Misconfigured(f"{variable.name} and {name} are both set: unset one of them.")
        given[variable.path] = Given(_secret_in(Path(value), name), f"{name} ({value})")
    return given


def nested(values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = value
    return tree


def explain(error: ValidationError, record: type[BaseModel]) -> Misconfigured:
    """A sentence a wrong value, naming its variable; the values of secrets are never repeated."""
    known = {variable.path: variable for variable in variables(record)}
    return Misconfigured(" ".join(_wrong_value(known, dict(found)) for found in error.errors(include_url=False)))


def _holds_a_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_holds_a_secret(part) for part in get_args(annotation))


def _wrong_value(known: Mapping[tuple[str, ...], Variable], found: dict[str, Any]) -> str:
    path = tuple(str(part) for part in found["loc"])
    message = re.sub(r"^(Value error, |(Input|String|Value) (?=should))", "", found["msg"]).split(", unable")[0]
    variable = known.get(path)
    if variable is None:
        # Several settings that don't fit together: the validator names them.
        return f"{message}."
    shown = "" if variable.secret else f" is {found['input']!r}, but"
    return f"{variable.name}{shown} {message}."


def _unknown(name: str, known: Mapping[str, Variable]) -> str:
    if inside := [other for other in known if other.startswith(name + DELIMITER)]:
        return f"{name} is a section, not a setting: set {inside[0]} or another of its settings."
    possible = [*known, *(f"{variable.name}{FILE_SUFFIX}" for variable in known.values() if variable.secret)]
    near = get_close_matches(name.removeprefix(PREFIX), [other.removeprefix(PREFIX) for other in possible], n=1)
    hint = f"did you mean {PREFIX}{near[0]}?" if near else "unset it."
    return f"{name} is not a setting: {hint} `orders config list` lists them all."


def _secret_in(path: Path, name: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(SECRET_FILE_LIMIT + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Misconfigured(f"{name} names {path}, which can't be read: {why}.") from None
    if len(text) > SECRET_FILE_LIMIT:
        raise Misconfigured(f"{name} names {path}, which is too large for a secret.")
    return text.strip("\r\n")
