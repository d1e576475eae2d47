"""The settings as lines to show: in force, or as a reference. No secret leaves here unmasked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import SecretStr

from eventing.environment import read, variables
from eventing.locations import masked
from eventing.settings import Settings, read_settings
from operations.resolve import filled

DEFAULT: Final = "default"
LOCAL_STACK: Final = "local stack"


class InForce(NamedTuple):
    variable: str
    value: Any
    origin: str


class Described(NamedTuple):
    variable: str
    default: Any
    means: str
    secret: bool


def settings_in_force() -> list[InForce]:
    """Read first, so that a wrong value is told before anything is shown."""
    settings, from_stack = filled(read_settings())
    given = read(Settings, os.environ)
    lines = []
    for variable in variables(Settings):
        origin = given[variable.path].origin if variable.path in given else DEFAULT
        if variable.path in from_stack:
            origin = LOCAL_STACK
        lines.append(InForce(variable.name, shown(variable.value_in(settings)), origin))
    return lines


def every_setting() -> list[Described]:
    return [
        Described(v.name, shown(v.field.get_default()), v.field.description or "", v.secret)
        for v in variables(Settings)
    ]


def shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value())
    return str(value) if isinstance(value, Path) else value
