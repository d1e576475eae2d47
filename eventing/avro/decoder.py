"""Writes for one stored schema the function that turns its bytes into a record of one class.

The schema says what the bytes are, the class what is wanted: a field that the class lacks is read and dropped, one that
the schema lacks takes its default. Within one subject the registry lets schemas differ in nothing else.

Bytes are not trusted. A length can't be negative, so the reader only moves forward and ends after at most one step a
byte; an index into symbols is looked up, never counted from the end; what remains behind the last field is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypeAlias, get_type_hints

from eventing.avro.hints import item_of, some_of
from eventing.avro.source import Source
from eventing.avro.symbols import Symbols
from eventing.avro.varints import count_at, length_at, number_at
from eventing.errors import Misconfigured

Avro: TypeAlias = Any


def compile_decoder(schema: Avro, cls: type) -> Callable[[bytes], Any]:
    source = Source(new=object.__new__, number_at=number_at, length_at=length_at, count_at=count_at)
    with source.block("def decode(body):"):
        source.line("at = 0")
        event = _Reader(source).read(schema, cls)
        with source.block("if at != len(body):"):
            source.line("raise ValueError('its length is not what its fields say')")
        source.line(f"return {event}")
    return source.function("decode")


class _Reader:
    """Writes the statements that read one value; each answers the name under which the value then stands."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, schema: Avro, wanted: Any) -> str:
        match schema:
            case "string":
                return self._read_slice(".decode()")
            case "bytes":
                return self._read_slice("")
            case "long":
                return self._read_number("number_at")
            case "boolean":
                return self._look_up(Symbols({0: False, 1: True}), "body[at]", "at += 1")
            case ["null", inner]:
                return self._read_optional(inner, wanted)
            case {"type": "record", "fields": stored}:
                return self._read_record(stored, wanted)
            case {"type": "enum", "symbols": symbols, "default": unknown}:
                known = Symbols((at, symbol) for at, symbol in enumerate(symbols) if symbol != unknown)
                return self._look_up(known, self._read_number("number_at"))
            case {"type": "array", "items": items}:
                return self._read_array(items, wanted)
            case _:
                raise TypeError(f"the event language has no {schema}")

    def _read_number(self, general: str) -> str:
        """A number of one byte and not negative is read in place; any other by the general function."""
        number = self._source.fresh("number")
        self._source.line(f"{number} = body[at]")
        with self._source.block(f"if {number} & 0x81:"):
            self._source.line(f"{number}, at = {general}(body, at)")
        with self._source.block("else:"):
            self._source.line(f"{number} >>= 1; at += 1")
        return number

    def _read_slice(self, decoded: str) -> str:
        length, value = self._read_number("length_at"), self._source.fresh("value")
        self._source.line(f"end = at + {length}; {value} = body[at:end]{decoded}; at = end")
        return value

    def _look_up(self, table: Symbols[int, Any], number: str, then: str = "") -> str:
        value = self._source.fresh("value")
        self._source.line(f"{value} = {self._source.known('KNOWN', table)}[{number}]")
        if then:
            self._source.line(then)
        return value

    def _read_optional(self, inner: Avro, wanted: Any) -> str:
        value = self._source.fresh("value")
        present = self._look_up(Symbols({0: False, 2: True}), "body[at]", "at += 1")
        self._source.line(f"{value} = None")
        with self._source.block(f"if {present}:"):
            self._source.line(f"{value} = {self.read(inner, some_of(wanted))}")
        return value

    def _read_array(self, items: Avro, wanted: Any) -> str:
        gathered = self._source.fresh("items")
        self._source.line(f"{gathered} = []")
        left = self._read_number("count_at")
        with self._source.block(f"while {left}:"):
            with self._source.block(f"for _ in range({left}):"):
                self._source.line(f"{gathered}.append({self.read(items, item_of(wanted))})")
            self._source.line(f"{left} = {self._read_number('count_at')}")
        value = self._source.fresh("value")
        self._source.line(f"{value} = tuple({gathered})")
        return value

    def _read_record(self, stored: list[Avro], wanted: Any) -> str:
        """Sets the slots of a bare object: the constructor of a frozen record costs twice as much."""
        if wanted is None:
            for field in stored:
                self.read(field["type"], None)
            return "None"
        hints, record = get_type_hints(wanted), self._source.fresh("record")
        values = {field["name"]: self.read(field["type"], hints.get(field["name"])) for field in stored}
        self._source.line(f"{record} = new({self._source.known('CLASS', wanted)})")
        for field in fields(wanted):
            setter = self._source.known("SET", wanted.__dict__[field.name].__set__)
            self._source.line(f"{setter}({record}, {values.get(field.name) or self._default(wanted, field)})")
        return record

    def _default(self, wanted: type, field: Any) -> str:
        if field.default is MISSING:
            raise Misconfigured(f"{wanted.__name__}.{field.name} has no default for events stored before it was there.")
        return self._source.known("DEFAULT", field.default)
