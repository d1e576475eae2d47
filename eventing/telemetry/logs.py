"""Logs: one JSON object a line, with a sentence for people, a stable `action` for machines, and the ids of the request.

Never in a line: tokens, bodies, secrets. Whatever a caller sent can't break out of its line or reach a terminal.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, Final, Protocol, TextIO
from uuid import UUID

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

SECRET_NAMES: Final = frozenset(
    {"authorization", "token", "password", "secret", "cookie", "api_key", "body", "payload", "url", "dsn"}
)
# JSON escapes what is below U+0020. Terminals act on these as well, and readers are misled by the rest.
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_CREDENTIALS: Final = re.compile(r"(?i)(://[^/\s:@]*:)[^@/\s]+@|(bearer\s+)[\w.~+/=-]+")
_LONGEST: Final = 2000


class Conversation(Protocol):
    @property
    def request_id(self) -> str: ...
    @property
    def trace_id(self) -> str: ...
    @property
    def correlation_id(self) -> UUID: ...


CONVERSATION: ContextVar[Conversation | None] = ContextVar("conversation", default=None)
"""In which request a line is written: set once by the edge, read only when there is a line."""


def configure_logging(*, stream: TextIO | None = None, **always: str) -> None:
    """Once, by the composition root. `always` stands in each line: the service's name, for example."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lambda _logger, _name, event: {**always, **event},
            add_conversation,
            # Without the values of local variables: tokens and addresses of customers are among them.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            make_harmless,
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    # What the libraries say with the standard logging comes out in the same form.
    logging.basicConfig(handlers=[_Bridge()], level=logging.WARNING, force=True)


class _Bridge(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        line = structlog.get_logger(record.name)
        line.log(record.levelno, record.getMessage(), action="library.message", library=record.name)


def add_conversation(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (conversation := CONVERSATION.get()) is not None:
        event.setdefault("request_id", conversation.request_id)
        event.setdefault("trace_id", conversation.trace_id)
        event.setdefault("correlation_id", str(conversation.correlation_id))
    return event


def make_harmless(_logger: object, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {name: "(hidden)" if name.lower() in SECRET_NAMES else _harmless(value) for name, value in event.items()}


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        shown = _CREDENTIALS.sub(r"\1\2(hidden)", value[:_LONGEST])
        return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)
    if isinstance(value, Mapping):
        return make_harmless(None, "", {str(name): member for name, member in value.items()})
    if isinstance(value, list | tuple):
        return [_harmless(item) for item in value]
    return value


def _as_json(_logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
