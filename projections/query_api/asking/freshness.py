"""How fresh an answer has to be: what the request's headers demand of it.

`Consistency-Token` names writes that the answer has to show. `Prefer: wait=2` says how long to wait for them, and
`Prefer: max-staleness=5` how many seconds the answer may lag behind at most. A demand that can't be read is refused:
a preference may be ignored, but a caller who asks for freshness must not be left with the belief that it got it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from eventing.consistency import HEADER, ConsistencyToken, decode_all
from eventing.errors import Refusal
from eventing.web.refusals import EdgeRefusal

RawHeaders = Iterable[tuple[bytes, bytes]]

_TOKEN: Final = HEADER.lower().encode()
_SECONDS: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?", re.ASCII)
_NUMBERS: Final = ("wait", "max-staleness")


class Patience(NamedTuple):
    """Seconds that a request waits if it does not say, and at most."""

    usual: float = 2.0
    longest: float = 10.0


class Wish(NamedTuple):
    tokens: Sequence[ConsistencyToken] = ()
    wait: float = 0.0
    max_staleness: float | None = None
    applied: str = ""
    """For `Preference-Applied`: the preferences that this request is served by."""

    @property
    def is_none(self) -> bool:
        return not self.tokens and self.max_staleness is None


ANYTHING: Final = Wish()


def read_wish(headers: RawHeaders, patience: Patience, topics: Collection[str], partitions: int) -> Wish:
    """Raises what becomes 400. Most requests have neither header, and cost one look at each of theirs."""
    sent, preferred = [], []
    for name, value in headers:
        if name == _TOKEN:
            sent.append(value)
        elif name == b"prefer":
            preferred.append(value)
    if not sent and not preferred:
        return ANYTHING
    tokens = _tokens(sent, topics, partitions) if sent else ()
    numbers = _preferences(b",".join(preferred).decode("latin-1"))
    wait = min(numbers.get("wait", patience.usual), patience.longest)
    staleness = numbers.get("max-staleness")
    return Wish(tokens, wait, staleness, _applied(numbers, wait))


def _tokens(sent: Sequence[bytes], topics: Collection[str], partitions: int) -> Sequence[ConsistencyToken]:
    tokens = decode_all(b",".join(sent).decode("latin-1"))
    for token in tokens:
        if token.topic not in topics or token.partition >= partitions:
            raise Refusal(
                "This Consistency-Token is of another installation: send back what this one answered.",
                code="invalid_consistency_token",
            )
    return tokens


def _preferences(text: str) -> Mapping[str, float]:
    """Those that we know; of one that stands twice the first counts, as RFC 7240 has it."""
    found: dict[str, float] = {}
    for preference in text.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        name = name.strip(" \t").lower()
        if name in _NUMBERS and name not in found:
            found[name] = _seconds(name, value.strip(' \t"'))
    return found


def _seconds(name: str, text: str) -> float:
    if _SECONDS.fullmatch(text) is None:
        raise EdgeRefusal(f"Prefer: {name} is a number of seconds, such as {name}=2.", code="malformed_request")
    return float(text)


def _applied(numbers: Mapping[str, float], wait: float) -> str:
    said = [f"wait={wait:g}"] if "wait" in numbers else []
    said += [f"max-staleness={numbers['max-staleness']:g}"] if "max-staleness" in numbers else []
    return ", ".join(said)
