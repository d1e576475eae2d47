"""An Avro schema from an event class: plain strings and longs, since logical types cost time on every event.

The fields' descriptions are the texts that stand below them in the class, so generating needs the source code.
Running does not: what is stored and sent goes by the frozen files.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from eventing.catalogue import EventType
from eventing.errors import Misconfigured
from eventing.schema import declaration

Avro: TypeAlias = Any
"""A schema as JSON has it: a name, a list of branches or an object."""

UNKNOWN: Final = "unknown"
"""The last symbol of every enum and its default: what a reader sees who does not know a newer symbol. Never written."""

_PRIMITIVES: Final = {str: "string", int: "long", bool: "boolean", bytes: "bytes"}


def derive(event_type: EventType, cls: type) -> Avro:
    """The schema of an event class. A shape that Avro can't resolve from the one before gets a name of its own."""
    declared = declaration(cls)
    assert declared is not None
    first = declared.first_version
    namespace = event_type.namespace if first == 1 else f"{event_type.namespace}.v{first}"
    return _record(_camel(event_type.name), cls, namespace, set())


def derive_record(name: str, cls: type, namespace: str) -> Avro:
    """The schema of a record that is no event, such as the state in a snapshot."""
    return _record(name, cls, namespace, set())


def _record(name: str, cls: type, namespace: str, seen: set[str]) -> Avro:
    hints, docs = get_type_hints(cls), _field_docs(cls)
    written = []
    for field in fields(cls):
        schema = _type(hints[field.name], name + _camel(field.name), namespace, seen)
        written.append(_field(field, schema, docs))
    doc = inspect.cleandoc(cls.__doc__ or "")
    return {"type": "record", "name": name, "namespace": namespace, "doc": doc, "fields": written}


def _field(field: Field[Any], avro: Avro, docs: Mapping[str, str]) -> Avro:
    schema = {"name": field.name, "type": avro}
    if field.name in docs:
        schema["doc"] = docs[field.name]
    if field.default is not MISSING:
        if isinstance(avro, list) and field.default is not None:
            raise Misconfigured(f"{field.name}: what may be absent can only default to None; Avro has it so.")
        schema["default"] = field.default
    return schema


def _type(hint: Any, name: str, namespace: str, seen: set[str]) -> Avro:
    """`name` is what an enum here would be called: Avro demands a name, Python has none for it."""
    if hint in _PRIMITIVES:
        return _PRIMITIVES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {
            "type": "enum",
            "name": name,
            "namespace": namespace,
            "symbols": [*arguments, UNKNOWN],
            "default": UNKNOWN,
        }
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return {"type": "array", "items": _type(arguments[0], name, namespace, seen)}
    if origin in (Union, UnionType) and len(arguments) == 2 and NoneType in arguments:
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return ["null", _type(inner, name, namespace, seen)]
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ in seen:
            return f"{namespace}.{hint.__name__}"
        seen.add(hint.__name__)
        return _record(hint.__name__, hint, namespace, seen)
    raise Misconfigured(f"{name} is of a type that the event language does not have: {hint}.")


def _field_docs(cls: type) -> dict[str, str]:
    """The string that follows a field in the source is its description."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    docs = {}
    for statement, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    docs[statement.target.id] = inspect.cleandoc(text)
    return docs


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace(".", "_").split("_"))
