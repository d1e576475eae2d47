"""Every failure as an RFC 9457 problem: one table from code to status, one place where an error becomes an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A row of the table. `type` of the problem is `/problems/<code>`, where these words stand on a page."""

    code: str
    status: int
    title: str
    cause: str
    fix: str
    curl: str = ""
    facts: Mapping[str, Any] | None = None
    """An example of the members that come with it, for the documentation."""


class Rendered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
