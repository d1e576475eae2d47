"""Writes for one schema the function that turns an event of one class into Avro bytes.

A general writer looks at schema and value anew for every field of every event, which was the dearest step of an append:
7.6 µs for an order of three lines, 1.8 µs this way. The bytes are the same; tests compare them with fastavro's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeAlias, get_type_hints

from eventing.avro.hints import item_of, some_of
from eventing.avro.source import Source
from eventing.avro.symbols import Symbols
from eventing.avro.varints import VARINTS, written
from eventing.errors import Misconfigured

Avro: TypeAlias = Any


def compile_encoder(schema: Avro, cls: type) -> Callable[[Any], bytes]:
    source = Source(VARINTS=VARINTS, join=b"".join)
    with source.block("def encode(event):"):
        source.line("out = []")
        writer = _Writer(source)
        writer.write(schema, "event", cls)
        writer.flush()
        source.line("return join(out)")
    return source.function("encode")


class _Writer:
    """Gathers the pieces of an event; they go to `out` together, up to where a loop or a choice begins."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._pieces: list[str] = []

    def write(self, schema: Avro, value: str, held: Any) -> None:
        match schema:
            case "string":
                text = self._source.fresh("text")
                self._source.line(f"{text} = {value}.encode()")
                self._pieces += [f"VARINTS[len({text})]", text]
            case "bytes":
                self._pieces += [f"VARINTS[len({value})]", value]
            case "long":
                self._pieces.append(f"VARINTS[{value}]")
            case "boolean":
                self._pieces.append(rf"b'\1' if {value} else b'\0'")
            case ["null", inner]:
                self._write_optional(inner, value, some_of(held))
            case {"type": "record", "fields": stored}:
                hints = _demand_the_same_fields(stored, held)
                for field in stored:
                    self.write(field["type"], f"{value}.{field['name']}", hints[field["name"]])
            case {"type": "enum", "symbols": symbols, "default": unknown}:
                table = Symbols((symbol, written(at)) for at, symbol in enumerate(symbols) if symbol != unknown)
                self._pieces.append(f"{self._source.known('SYMBOLS', table)}[{value}]")
            case {"type": "array", "items": items}:
                self._write_array(items, value, item_of(held))
            case _:
                raise TypeError(f"the event language has no {schema}")

    def flush(self) -> None:
        if self._pieces:
            self._source.line(f"out += ({', '.join(self._pieces)},)")
            self._pieces = []

    def _write_optional(self, inner: Avro, value: str, held: Any) -> None:
        kept = self._source.fresh("value")
        self._source.line(f"{kept} = {value}")
        self.flush()
        with self._source.block(f"if {kept} is None:"):
            self._source.line(r"out.append(b'\0')")
        with self._source.block("else:"):
            self._pieces.append(r"b'\2'")
            self.write(inner, kept, held)
            self.flush()

    def _write_array(self, items: Avro, value: str, held: Any) -> None:
        kept, item = self._source.fresh("items"), self._source.fresh("item")
        self._source.line(f"{kept} = {value}")
        self.flush()
        with self._source.block(f"if len({kept}):"):
            self._source.line(f"out.append(VARINTS[len({kept})])")
            with self._source.block(f"for {item} in {kept}:"):
                self.write(items, item, held)
                self.flush()
        self._pieces.append(r"b'\0'")


def _demand_the_same_fields(stored: list[Avro], cls: type) -> dict[str, Any]:
    """A field that only the class has would be lost without a word."""
    if [field["name"] for field in stored] != [field.name for field in fields(cls)]:
        raise Misconfigured(f"{cls.__name__} has other fields than its frozen schema: raise its version.")
    return get_type_hints(cls)
