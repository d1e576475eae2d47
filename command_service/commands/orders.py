"""Commands about orders. Who may see an order at all is decided here, on what is stored, not on the way in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from command_service import preconditions
from command_service.aggregates.order import (
    CATEGORY,
    ORDER,
    ChangeDeliveryAddress,
    Command,
    Order,
    PlaceOrder,
    RequestCancellation,
)
from command_service.catalogue import Listed, offers_of
from command_service.commands.ground import Ground
from command_service.handling import Asked, Proposal
from command_service.loading import Loaded, Stream
from command_service.preconditions import etag
from command_service.pricing import MOST_LINES, WantedLine
from command_service.replies import Reply, Written, json_reply
from event_schemas.order import TOPIC
from event_schemas.shipping import STREAM as SHIPMENT
from event_schemas.values import Address
from eventing.errors import Refusal
from eventing.event_store import NO_STREAM, StreamWrite
from eventing.streams import stream_name
from eventing.web.auth import Role


class Wanted(NamedTuple):
    """What the customer says of a new order; the rest comes from the catalogue and the token."""

    customer_name: str
    customer_email: str
    lines: Sequence[WantedLine]
    delivery_address: Address
    sales_channel: str


class Orders:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def place(self, asked: Asked, wanted: Wanted) -> Reply:
        order_id = str(self._ground.new_id())
        # A body can hold thousands of lines, which are refused anyway: they are not worth a look each.
        skus = {line.sku for line in wanted.lines[:MOST_LINES]}

        async def propose(again: bool) -> Proposal:
            listed = await self._ground.catalogue.listed(skus, fresh=again)
            try:
                return self._placed(asked, order_id, wanted, listed)
            except Refusal:
                # What is remembered may be stale, so nobody is refused on it: only on what is read now.
                listed = await self._ground.catalogue.listed(skus, fresh=True)
                return self._placed(asked, order_id, wanted, listed)

        return await self._ground.handler.handle(asked, propose)

    async def change_delivery_address(self, asked: Asked, order_id: str, address: Address) -> Reply:
        def command(shipment: Stream) -> Command:
            return ChangeDeliveryAddress(address, given_to_carrier=shipment.version > 0)

        return await self._change(asked, order_id, command, 200)

    async def cancel(self, asked: Asked, order_id: str, reason: str) -> Reply:
        return await self._change(asked, order_id, lambda _: RequestCancellation(reason), 202)

    def _placed(self, asked: Asked, order_id: str, wanted: Wanted, listed: dict[str, Listed]) -> Proposal:
        command = PlaceOrder(order_id, asked.caller.subject, *wanted, offers_of(listed))
        events = ORDER.decide(command, None)
        order = ORDER.fold(events)
        assert order is not None
        writes = [self._ground.write(f"{CATEGORY}-{order_id}", NO_STREAM, events)]
        # The products are only looked at: a price or a retirement that came meanwhile makes this a conflict.
        writes += [StreamWrite(f"product-{sku}", row.version) for sku, row in listed.items()]
        return Proposal(_reply(201, order, 1), writes=writes)

    async def _change(self, asked: Asked, order_id: str, command: Callable[[Stream], Command], status: int) -> Reply:
        names = stream_name(CATEGORY, order_id), stream_name(SHIPMENT, order_id)

        async def propose(_again: bool) -> Proposal:
            stream, shipment = await self._ground.loader.load(*names)
            loaded = stream.fold(ORDER)
            order = _visible(loaded, asked)
            preconditions.check(asked.if_match, stream)
            events = ORDER.decide(command(shipment), order)
            changed = ORDER.fold(events, order)
            assert changed is not None
            reply = _reply(status, changed, stream.version + len(events))
            if not events:
                return Proposal(reply, stream.position)
            # The shipment is only looked at: had the carrier been asked meanwhile, this would be a conflict.
            writes = self._ground.write(names[0], stream.version, events), StreamWrite(names[1], shipment.version)
            return Proposal(reply, writes=writes)

        return await self._ground.handler.handle(asked, propose)


def _visible(loaded: Loaded[Order | None], asked: Asked) -> Order:
    """Another customer's order is not found, as if it did not exist: that it does is nobody else's business."""
    order, caller = loaded.state, asked.caller
    if order is None or (Role.OPERATOR not in caller.roles and order.placed.customer_id != caller.subject):
        raise Refusal("There is no such order.", code="order_not_found")
    return order


def _reply(status: int, order: Order, version: int) -> Reply:
    placed = order.placed
    body = {
        "order_id": placed.order_id,
        "version": version,
        "status": order.status,
        "customer_id": placed.customer_id,
        "currency": placed.currency,
        "lines": placed.lines,
        "total": placed.total,
        "delivery_address": order.address,
        "sales_channel": placed.sales_channel,
    }
    written = Written(TOPIC, placed.order_id)
    headers = (
        {"etag": etag(version)}
        if status == 200
        else {"etag": etag(version), "location": f"/v1/orders/{placed.order_id}"}
    )
    return json_reply(status, body, written, headers)
