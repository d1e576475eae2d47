"""Events made up by Hypothesis: for a class of events, any event of it."""

from __future__ import annotations

from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

LONGS = st.integers(-(1 << 63), (1 << 63) - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)

_PRIMITIVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-200, 200) | LONGS,
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that the event language has."""
    if kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    if is_dataclass(kind):
        assert isinstance(kind, type)
        return st.builds(kind, **{name: any_of(hint) for name, hint in get_type_hints(kind).items()})
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        return st.sampled_from(arguments)
    if get_origin(kind) is tuple:
        return st.lists(any_of(arguments[0]), max_size=4).map(tuple)
    if get_origin(kind) in (Union, UnionType):
        (some,) = (argument for argument in arguments if argument is not NoneType)
        return st.none() | any_of(some)
    raise TypeError(f"no strategy for {kind}")
