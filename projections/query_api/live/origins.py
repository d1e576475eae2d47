"""Which pages may open a live stream. A browser says where a page comes from; a program says nothing and has a token.

The check is exact: scheme, host and port. No page is allowed that is not named, and a token is needed all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from eventing.web.refusals import EdgeRefusal


class Origins:
    def __init__(self, listed: str) -> None:
        self._allowed = frozenset(one.strip().rstrip("/").lower().encode() for one in listed.split(",") if one.strip())

    def check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        sent = [value.lower() for name, value in headers if name == b"origin"]
        if sent and (len(sent) > 1 or sent[0] not in self._allowed):
            raise EdgeRefusal("Pages of this origin may not open live streams here.", code="origin_refused")
