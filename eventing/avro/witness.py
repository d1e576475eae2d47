"""Lets fastavro, whose bytes the world reads, examine the compiled code before a process uses it.

An event is stored for ever: bytes that only we could read must never reach the log. So each compiled pair reads what
fastavro has written and writes it back, for a full and a bare sample of every schema; that takes a millisecond a
schema, once a process. The tests say the same of any event that can be made up.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final, TypeAlias

import fastavro

from eventing.errors import Misconfigured

Avro: TypeAlias = Any

_FULL: Final = {"string": "žluťoučký 🐎", "bytes": bytes(range(256)), "long": -(2**40) - 1, "boolean": True}
_BARE: Final = {"string": "", "bytes": b"", "long": 0, "boolean": False}


def examine(
    source: str, raw: str, schema: Avro, read: Callable[[bytes], Any], write: Callable[[Any], bytes] | None
) -> None:
    """`schema` is the checked form of `raw`. Without `write`, the version is an older one that is only read."""
    trusted = fastavro.parse_schema(json.loads(raw))
    for plain in (_sample(schema, _FULL), _sample(schema, _BARE)):
        body = _written(trusted, plain)
        event = read(body)
        stored = {name: value for name, value in _plain(asdict(event)).items() if name in plain}
        kept = {name: value for name, value in plain.items() if name in stored}
        if stored != kept or (write is not None and write(event) != body):
            raise Misconfigured(f"{source}: the compiled codec and fastavro disagree; nothing may be stored this way.")


def _written(schema: Avro, plain: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, plain)
    return out.getvalue()


def _sample(schema: Avro, values: dict[str, Any]) -> Any:
    """A value with everything there is (full) or with nothing that can be left out (bare)."""
    full = values is _FULL
    match schema:
        case str():
            return values[schema]
        case ["null", inner]:
            return _sample(inner, values) if full else None
        case {"type": "array", "items": items}:
            return [_sample(items, values)] * 2 if full else []
        case {"type": "enum", "symbols": symbols}:
            return symbols[-2 if full else 0]
        case {"type": "record", "fields": fields}:
            return {field["name"]: _sample(field["type"], values) for field in fields}
    raise Misconfigured(f"the event language has no {schema}")


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case tuple():
            return [_plain(inner) for inner in value]
    return value
