"""Commands about stock. Each moves the product's row of stock levels, in its own transaction."""

from __future__ import annotations

from collections.abc import Callable

from command_service import preconditions
from command_service.aggregates.stock import CATEGORY, STOCK, AdjustStock, Command, Event, ReceiveStock
from command_service.catalogue import UNKNOWN
from command_service.commands.ground import Ground
from command_service.handling import Asked, Proposal
from command_service.preconditions import etag
from command_service.replies import Reply, Written, json_reply
from event_schemas.stock import TOPIC
from event_schemas.stock.received import StockReceived
from eventing.errors import Refusal
from eventing.event_store import InlineWrite
from eventing.streams import stream_name

MOVE_LEVEL = "move_stock_level"


class Stock:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def receive(self, asked: Asked, sku: str, quantity: int, reference: str) -> Reply:
        def command(_available: int, booked: int | None) -> Command:
            return ReceiveStock(sku, quantity, reference, booked)

        return await self._move(asked, sku, reference, command)

    async def adjust(self, asked: Asked, sku: str, delta: int, reason: str, reference: str) -> Reply:
        def command(available: int, booked: int | None) -> Command:
            return AdjustStock(sku, delta, reason, reference, available, booked)

        return await self._move(asked, sku, reference, command)

    async def _move(
        self, asked: Asked, sku: str, reference: str, command: Callable[[int, int | None], Command]
    ) -> Reply:
        name = stream_name(CATEGORY, sku)

        async def propose(_again: bool) -> Proposal:
            await self._check_known(sku)
            levels = self._ground.stock_levels
            available = await levels.available(sku)
            (stream,) = await self._ground.loader.load(name)
            # After the stream: what is booked between the two is seen here, what is booked later makes a conflict.
            booked = await levels.booked(sku, reference)
            preconditions.check(asked.if_match, stream)
            stock = stream.fold(STOCK).state
            events = STOCK.decide(command(available, booked), stock)
            version = stream.version + len(events)
            reply = _reply(sku, version, STOCK.fold(events, stock).on_hand)
            if not events:
                return Proposal(reply, stream.position)
            writes = [self._ground.write(name, stream.version, events)]
            return Proposal(reply, writes=writes, inline=[_moved(sku, event) for event in events])

        return await self._ground.handler.handle(asked, propose)

    async def _check_known(self, sku: str) -> None:
        if (await self._ground.catalogue.listed([sku]))[sku] == UNKNOWN:
            raise Refusal("There is no such product.", code="product_not_found")


def _moved(sku: str, event: Event) -> InlineWrite:
    delta = event.quantity if isinstance(event, StockReceived) else event.delta
    return InlineWrite(MOVE_LEVEL, {"sku": sku, "delta": delta, "reference": event.reference}, sku)


def _reply(sku: str, version: int, on_hand: int) -> Reply:
    body = {"sku": sku, "version": version, "on_hand": on_hand}
    return json_reply(200, body, Written(TOPIC, sku), {"etag": etag(version)})
