"""What any append has to be like, whatever store takes it. Checked before it waits beside others in a batch."""

from __future__ import annotations

import re
from typing import Final

from eventing.envelope import Circumstances
from eventing.errors import Refusal
from eventing.event_store import ANY_VERSION, Append, Idempotency, InlineWrite
from eventing.streams import is_stream_name

MAX_EVENTS: Final = 1000
"""In one append. More would hold up everybody who waits for the next batch."""
MAX_STREAMS: Final = 1000
MAX_KEY: Final = 255
MAX_ANSWER: Final = 256 * 1024
MAX_ACTOR: Final = 255
MAX_TRACEPARENT: Final = 128

_INLINE_FUNCTION = re.compile(r"[a-z][a-z0-9_]{0,62}")


def check(append: Append) -> None:
    """Raises `Refusal` with a stable code."""
    writes = append.writes
    if len(writes) > 1 and len({write.stream for write in writes}) < len(writes):
        raise Refusal("An append names each stream once: put its events together.", code="stream_twice")
    if len(writes) > MAX_STREAMS or sum([len(write.events) for write in writes]) > MAX_EVENTS:
        raise Refusal(f"An append takes {MAX_EVENTS} events at most: append in parts.", code="append_too_large")
    for stream, expected, _ in writes:
        if not is_stream_name(stream):
            raise Refusal(f"{stream[:120]!r} can't name a stream.", code="invalid_stream")
        if expected < ANY_VERSION or expected > 0x7FFFFFFF:
            raise Refusal(f"{stream} can't be expected at version {expected}.", code="invalid_expectation")
    _check_circumstances(append.circumstances)
    if append.idempotency is not None:
        _check_idempotency(append.idempotency)
    if append.inline and not any(write.events for write in writes):
        # By their ids alone a repetition is recognised.
        raise Refusal("Inline writes belong to events: append at least one.", code="invalid_inline_write")
    for inline in append.inline:
        _check_inline(inline)


def _check_circumstances(circumstances: Circumstances) -> None:
    if not _is_text(circumstances.actor, MAX_ACTOR):
        raise Refusal(f"An actor is 1 to {MAX_ACTOR} characters without control characters.", code="invalid_actor")
    traceparent = circumstances.traceparent
    if traceparent is not None and not (traceparent.isascii() and _is_text(traceparent, MAX_TRACEPARENT)):
        raise Refusal(f"A traceparent is {MAX_TRACEPARENT} ASCII characters at most.", code="invalid_traceparent")


def _check_idempotency(idempotency: Idempotency) -> None:
    if not (_is_text(idempotency.scope, MAX_KEY) and _is_text(idempotency.key, MAX_KEY)):
        raise Refusal(
            f"The scope and the key of an idempotency key are 1 to {MAX_KEY} characters without control characters.",
            code="invalid_idempotency_key",
        )
    if len(idempotency.answer) > MAX_ANSWER:
        raise Refusal(f"An answer to keep may take {MAX_ANSWER} bytes.", code="answer_too_large")


def _check_inline(inline: InlineWrite) -> None:
    if _INLINE_FUNCTION.fullmatch(inline.function) is None:
        raise Refusal(f"{inline.function[:63]!r} can't name an inline write.", code="invalid_inline_write")


def _is_text(text: str, longest: int) -> bool:
    """A lone surrogate or a control character would be refused by the database or read wrongly in a log."""
    return 0 < len(text) <= longest and text.isprintable()
