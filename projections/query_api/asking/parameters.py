"""Query parameters, read strictly: one that is unknown, stands twice or can't be read is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from eventing.web.call import Call
from eventing.web.refusals import FieldError, Invalid

Read = Callable[[str], Any]

LARGEST_PAGE: Final = 100
USUAL_PAGE: Final = 20
MOST_CHOICES: Final = 20
LAST_YEAR: Final = 2260
"""Times are kept to the nanosecond, in 64 bits: they end in 2262."""
_WORD: Final = re.compile(r"[\x21-\x7e]{1,128}")
_WHOLE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def read_parameters(call: Call, readers: Mapping[str, Read]) -> dict[str, Any]:
    """Those that were sent, each read by its reader, which raises ValueError with what it wants."""
    found: dict[str, Any] = {}
    errors = []
    for name, text in call.query.multi_items():
        pointer = f"#query/{name[:40]}"
        if name not in readers:
            errors.append(FieldError(pointer, "There is no such parameter", "unknown"))
        elif name in found:
            errors.append(FieldError(pointer, "Stands more than once: use commas between several values", "repeated"))
        else:
            try:
                found[name] = readers[name](text)
            except ValueError as error:
                errors.append(FieldError(pointer, str(error), "unreadable"))
                found[name] = None
    if errors:
        raise Invalid(errors[:20])
    return found


def whole(least: int, most: int) -> Read:
    def read(text: str) -> int:
        if _WHOLE.fullmatch(text) is None or not least <= int(text) <= most:
            raise ValueError(f"Is a whole number from {least} to {most}")
        return int(text)

    return read


def one_of(choices: Collection[str]) -> Read:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError("Is one of " + ", ".join(sorted(choices)))
        return text

    return read


def several(read_one: Read) -> Read:
    def read(text: str) -> Sequence[Any]:
        parts = text.split(",")
        if len(parts) > MOST_CHOICES:
            raise ValueError(f"Has at most {MOST_CHOICES} values")
        return sorted({read_one(part) for part in parts})

    return read


def word(text: str) -> str:
    if _WORD.fullmatch(text) is None:
        raise ValueError("Is 1 to 128 printable characters without blanks")
    return text


def words(longest: int, most: int) -> Read:
    def read(text: str) -> str:
        if not text.strip() or len(text) > longest or len(text.split()) > most or _CONTROL.search(text):
            raise ValueError(f"Is text of 1 to {longest} characters and at most {most} words")
        return " ".join(text.split())

    return read


def moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 <= at.year <= LAST_YEAR:
        raise ValueError("Is a time with its zone, such as 2026-11-26T09:05:00Z")
    return at.astimezone(UTC)


def day(text: str) -> date:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII) is None:
        raise ValueError("Is a day, such as 2026-11-26")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Is a day that there is, such as 2026-11-26") from None


PAGE: Final[Mapping[str, Read]] = {"limit": whole(1, LARGEST_PAGE), "cursor": str}
