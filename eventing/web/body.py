"""Bodies: read within a limit and a time, parsed strictly, checked against a model.

pydantic parses JSON quickly but leniently: of a duplicate key the last one wins, NUL passes, 200 levels are fine. What
is idempotent by a digest of its body, or stored for ever, can't be ambiguous. So the body is read a second time by the
standard library's decoder, whose hooks see every key; that costs some microseconds and is the whole strictness.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, Final, Generic, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive, Scope

from eventing.web.pointers import field_errors, pointer
from eventing.web.refusals import EdgeRefusal, FieldError, Invalid

M = TypeVar("M")

BODY_LIMIT: Final = 64 * 1024
DEPTH_LIMIT: Final = 32
SECONDS_FOR_A_BODY: Final = 10.0

_JSON_TYPE = re.compile(rb"application/json(?:[ \t]*;[ \t]*charset=\"?utf-8\"?)?", re.IGNORECASE)
# What a string may not hold, escaped or plain: a hit means that it is worth looking closer.
_SUSPICIOUS = re.compile(rb"\\[bfnrtu]|\x7f|\xc2[\x80-\x9f]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# A string without an end counts up to the end: to look for its end again from each of its quotes would be quadratic.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKET = re.compile(rb"[^\[\]{}]+")
_PAIR = re.compile(rb"\[\]|\{\}")


class Reader(Generic[M]):
    """Reads one kind of body. Made once: it compiles the validator of its model."""

    def __init__(self, model: type[M]) -> None:
        self._validate = TypeAdapter(model).validator.validate_json

    async def read(self, scope: Scope, receive: Receive, limit: int = BODY_LIMIT) -> M:
        require_json(scope)
        return self.parse(await read_body(receive, limit))

    def parse(self, body: bytes) -> M:
        parsed = parse_strictly(body)
        try:
            model: M = self._validate(body, strict=True, extra="forbid")
        except ValidationError as error:
            raise _refusal(error) from None
        if _SUSPICIOUS.search(body) and (errors := list(_control_characters(parsed, ()))):
            raise Invalid(errors)
        return model


def strict_reader(model: type[M]) -> Reader[M]:
    return Reader(model)


def require_json(scope: Scope) -> None:
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    if len(types) != 1 or not _JSON_TYPE.fullmatch(types[0].strip()):
        raise EdgeRefusal("Send the body as Content-Type: application/json.", code="unsupported_media_type")
    if any(name == b"content-encoding" and value.lower() != b"identity" for name, value in scope["headers"]):
        raise EdgeRefusal("Send the body uncompressed.", code="unsupported_media_type")


async def read_body(receive: Receive, limit: int = BODY_LIMIT) -> bytes:
    """Counted while it arrives: a body in chunks has no length to believe."""
    message = await _next(receive)
    if not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        return _within(whole, limit)
    body = bytearray(message.get("body", b""))
    try:
        async with asyncio.timeout(SECONDS_FOR_A_BODY):
            while message.get("more_body"):
                _within(body, limit)
                message = await _next(receive)
                body += message.get("body", b"")
    except TimeoutError:
        raise EdgeRefusal("Send the whole body at once.", code="request_timeout") from None
    return bytes(_within(body, limit))


async def _next(receive: Receive) -> Any:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise EdgeRefusal("The connection was closed before the body was complete.", code="malformed_request")
    return message


B = TypeVar("B", bytes, bytearray)


def _within(body: B, limit: int) -> B:
    if len(body) > limit:
        raise EdgeRefusal(f"A body may have {limit} bytes.", code="body_too_large", limit=limit)
    return body


def parse_strictly(body: bytes) -> Any:
    if body.count(b"[") + body.count(b"{") > DEPTH_LIMIT and depth_exceeds(body, DEPTH_LIMIT):
        _malformed(f"it is nested more than {DEPTH_LIMIT} levels deep")
    try:
        return _DECODER.decode(body.decode())
    except UnicodeDecodeError:
        _malformed("it is not UTF-8")
    except json.JSONDecodeError as error:
        _malformed(f"{error.msg} at line {error.lineno} column {error.colno}")
    except (ValueError, RecursionError):
        _malformed("a number in it has too many digits")


def depth_exceeds(body: bytes, limit: int) -> bool:
    """Pairs of brackets are taken out from the inside, a level a round; what is left then is deeper, or unbalanced."""
    brackets = _NO_BRACKET.sub(b"", _STRING.sub(b"", body))
    for _ in range(limit):
        shorter = _PAIR.sub(b"", brackets)
        if shorter == brackets:
            break
        brackets = shorter
    return bool(brackets)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _malformed(f"the key {twice[:60]!r} stands twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    _malformed(f"{name} is no JSON number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)


def _malformed(what: str) -> NoReturn:
    raise EdgeRefusal(f"The body is not acceptable JSON: {what}.", code="malformed_json") from None


def _refusal(error: ValidationError) -> EdgeRefusal:
    errors = field_errors(error)
    if errors[0].code == "json_invalid":
        return EdgeRefusal(f"The body is not acceptable JSON: {errors[0].detail}.", code="malformed_json")
    return Invalid(errors)


def _control_characters(value: Any, path: tuple[str | int, ...]) -> Iterator[FieldError]:
    if isinstance(value, str) and _CONTROL.search(value):
        yield FieldError(pointer(path), "Control characters are not allowed", "control_character")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _control_characters(item, (*path, index))
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _control_characters(member, (*path, name))
