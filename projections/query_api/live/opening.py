"""Opening a stream: who may listen to what, and from where on. Checked anew for every stream."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from eventing.consistency import decode_all
from eventing.consuming import Partition
from eventing.errors import Refusal
from eventing.web.auth import Admitted, Role
from eventing.web.refusals import EdgeRefusal
from projections.query_api.answering.events import OrderEvents
from projections.query_api.answering.orders import check_customer, check_owner, checked_id, not_found
from projections.query_api.live.streams import Streams
from projections.query_api.live.subscription import Subject, Subscription

MAY_LISTEN: Final = frozenset({Role.CUSTOMER, Role.OPERATOR})
_POSITION: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


class Opening:
    def __init__(self, streams: Streams, events: OrderEvents, topics: Collection[str]) -> None:
        self.streams = streams
        self._events = events
        self._topics = topics

    async def order(self, admitted: Admitted, order_id: str, since: str | None) -> Subscription:
        order_id = checked_id(order_id)
        owner = await self._events.owner(order_id)
        if owner is None:
            raise not_found()
        check_owner(admitted.caller, owner)
        return self.streams.open(Subject("order", order_id), admitted, position=_position(since))

    async def customer(self, admitted: Admitted, customer: str, since: str | None) -> Subscription:
        check_customer(admitted.caller, customer)
        return self.streams.open(Subject("customer", customer), admitted, view=self._view(since))

    def _view(self, since: str | None) -> Mapping[Partition, int]:
        if not since:
            return {}
        tokens = decode_all(since)
        if any(token.topic not in self._topics for token in tokens):
            raise Refusal("This id is of another installation.", code="invalid_consistency_token")
        return {Partition(token.topic, token.partition): token.position for token in tokens}


def check_role(admitted: Admitted) -> None:
    if admitted.caller.roles.isdisjoint(MAY_LISTEN):
        raise EdgeRefusal(
            "This needs the role customer or operator.", code="forbidden", required_roles=sorted(MAY_LISTEN)
        )


def _position(since: str | None) -> int:
    if not since:
        return 0
    if _POSITION.fullmatch(since) is None:
        raise EdgeRefusal(
            "A stream of an order goes on from the id of a message of it: a position, such as 41.",
            code="malformed_request",
        )
    return int(since)
