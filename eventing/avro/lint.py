"""What a schema of the event language may be, so that no bytes can make its reader run away.

Refused: recursion (a deep value exhausts the stack), records of no size (five bytes would become a list of millions),
maps, floats, fixed and logical types, unions other than `["null", X]`, enums whose last symbol is not the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from eventing.errors import Misconfigured

Avro: TypeAlias = Any

_PRIMITIVES: Final = ("string", "bytes", "long", "boolean")


def checked(schema: Avro, source: str) -> Avro:
    """The schema with every name replaced by what it stands for. Raises `Misconfigured` if it is not allowed."""
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise Misconfigured(f"{source}: an event is a record.")
    return _Lint(source).check(schema, {})


class _Lint:
    def __init__(self, source: str) -> None:
        self._source = source
        self._named: dict[str, Avro] = {}

    def check(self, schema: Avro, around: Mapping[str, None]) -> Avro:
        """`around` holds the names of the records in which this schema stands."""
        match schema:
            case str() if schema in _PRIMITIVES:
                return schema
            case str() if schema in around:
                raise self._refused(f"{schema} holds itself")
            case str() if schema in self._named:
                return self._named[schema]
            case ["null", inner] if not isinstance(inner, list):
                return ["null", self.check(inner, around)]
            case {"type": "array", "items": items}:
                return {"type": "array", "items": self.check(items, around)}
            case {"type": "enum", "name": _, "symbols": [*symbols], "default": default} if default == symbols[-1]:
                return self._remember(schema, schema)
            case {"type": "record", "fields": []}:
                raise self._refused(f"{full_name(schema)} has no size, for it has no field")
            case {"type": "record", "name": _, "fields": [*fields]}:
                inside = {**around, full_name(schema): None}
                checked = [field | {"type": self.check(field["type"], inside)} for field in fields]
                return self._remember(schema, schema | {"fields": checked})
        raise self._refused(f"the event language has no {str(schema)[:100]}")

    def _remember(self, schema: Avro, checked: Avro) -> Avro:
        self._named[full_name(schema)] = checked
        return checked

    def _refused(self, reason: str) -> Misconfigured:
        return Misconfigured(f"{self._source}: {reason}. See docs/schema-evolution.md for what a schema may hold.")


def full_name(schema: Avro) -> str:
    """The name under which a record is known; the registry's subject ends with it."""
    namespace = schema.get("namespace", "")
    return f"{namespace}.{schema['name']}" if namespace else str(schema["name"])
