"""The W3C trace context of a request: taken in, checked, and stored with its events, so that a trace crosses Kafka."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

# Version 00 has exactly these fields; a later version may have more, of which the first ones mean the same. ff is no
# version, and ids of zeros mean "none".
_TRACEPARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-[ -~]{0,200})?"
)


class Trace(NamedTuple):
    trace_id: str
    """32 lower-case hexadecimal digits."""
    parent: str
    """The whole traceparent, as it is stored and passed on."""


def parse_traceparent(text: str) -> Trace | None:
    """None is for whatever is no trace context: it is then as if none had been sent."""
    found = _TRACEPARENT.fullmatch(text)
    if found is None or (found[1] == "00" and found[5] is not None):
        return None
    return Trace(found[2], f"00-{found[2]}-{found[3]}-{found[4]}")


def new_trace() -> Trace:
    """A trace that begins here, not sampled: whoever records spans decides that."""
    digits = os.urandom(24).hex()
    return Trace(digits[:32], f"00-{digits[:32]}-{digits[32:]}-00")
