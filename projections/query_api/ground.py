"""What every operation of the query API stands on; made once by the application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from eventing.web.auth import Authenticator
from eventing.web.call import Call
from projections.query_api.answering.events import OrderEvents
from projections.query_api.answering.lists import Freshness
from projections.query_api.answering.orders import Orders
from projections.query_api.answering.seen import Seen
from projections.query_api.asking.cursors import Cursors
from projections.query_api.asking.freshness import Patience, Wish, read_wish
from projections.query_api.live.opening import Opening
from projections.query_api.live.origins import Origins
from projections.reading import ReadStore, SearchStore


@dataclass(frozen=True, slots=True)
class Ground:
    orders: Orders
    sagas: Orders
    events: OrderEvents
    freshness: Freshness
    reads: ReadStore
    search: SearchStore
    cursors: Cursors
    opening: Opening
    origins: Origins
    authenticator: Authenticator
    topics: frozenset[str]
    partitions: int
    patience: Patience

    def wish(self, call: Call) -> Wish:
        return read_wish(call.scope["headers"], self.patience, self.topics, self.partitions)

    def after(self, call: Call, question: Mapping[str, Any], sent: str | None) -> list[Any] | None:
        return None if sent is None else self.cursors.read(call.caller.subject, question, sent)

    def cursor(self, call: Call, question: Mapping[str, Any], after: list[Any]) -> str:
        return self.cursors.write(call.caller.subject, question, after)


def answer(body: bytes, seen: Seen, wish: Wish, **headers: str) -> Response:
    return Response(body, 200, {**headers, **seen.headers(wish.applied)}, "application/json")
