"""A parked message in words: its headers, and its event as far as it can be read."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict
from typing import Any

from eventing.cloudevents import recorded
from eventing.consuming import Message
from eventing.errors import OrderloomError
from operations.event_store import make_codec


def described(message: Message) -> dict[str, Any]:
    headers = {str(name): _text(value) for name, value in message.headers}
    try:
        found = recorded(message.headers, message.value)
        event = make_codec().decode(found.type, found.schema_version, found.body)
    except OrderloomError as error:
        return {"headers": headers, "unreadable": str(error), "value_base64": b64encode(message.value).decode()}
    return {"headers": headers, "event": asdict(event)}


def _text(value: str | bytes | None) -> str | None:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
