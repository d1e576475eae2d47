"""Commands about products. Each keeps the product's row in the catalogue, in its own transaction."""

from __future__ import annotations

from command_service import preconditions
from command_service.aggregates.product import (
    CATEGORY,
    PRODUCT,
    Command,
    Product,
    RegisterProduct,
    RepriceProduct,
    RetireProduct,
)
from command_service.commands.ground import Ground
from command_service.handling import Asked, Proposal
from command_service.preconditions import etag
from command_service.replies import Reply, Written, json_reply
from event_schemas.product import TOPIC
from eventing.event_store import InlineWrite
from eventing.streams import stream_name

KEEP_ROW = "keep_catalogue_row"


class Products:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def register(self, asked: Asked, command: RegisterProduct) -> Reply:
        return await self._change(asked, command.sku, command)

    async def reprice(self, asked: Asked, sku: str, command: RepriceProduct) -> Reply:
        return await self._change(asked, sku, command)

    async def retire(self, asked: Asked, sku: str, command: RetireProduct) -> Reply:
        return await self._change(asked, sku, command)

    async def _change(self, asked: Asked, sku: str, command: Command) -> Reply:
        name = stream_name(CATEGORY, sku)

        async def propose(_again: bool) -> Proposal:
            (stream,) = await self._ground.loader.load(name)
            product = stream.fold(PRODUCT).state
            if product is not None:
                preconditions.check(asked.if_match, stream)
            events = PRODUCT.decide(command, product)
            changed = PRODUCT.fold(events, product)
            assert changed is not None
            version = stream.version + len(events)
            reply = _reply(201 if product is None else 200, changed, version)
            if not events:
                return Proposal(reply, stream.position)
            writes = [self._ground.write(name, stream.version, events)]
            return Proposal(reply, writes=writes, inline=[_kept_row(changed, version)])

        return await self._ground.handler.handle(asked, propose)


def _kept_row(product: Product, version: int) -> InlineWrite:
    row = {
        "sku": product.sku,
        "name": product.name,
        "unit_price": product.unit_price,
        "currency": product.currency,
        "status": "retired" if product.retired else "offered",
        "version": version,
    }
    return InlineWrite(KEEP_ROW, row, product.sku)


def _reply(status: int, product: Product, version: int) -> Reply:
    body = {
        "sku": product.sku,
        "version": version,
        "name": product.name,
        "description": product.description,
        "unit_price": product.unit_price,
        "currency": product.currency,
        "retired": product.retired,
    }
    written = Written(TOPIC, product.sku)
    headers = {"etag": etag(version)} | ({"location": f"/v1/products/{product.sku}"} if status == 201 else {})
    return json_reply(status, body, written, headers)
