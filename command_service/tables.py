"""Reads the strongly consistent tables that are kept beside the events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from command_service.catalogue import Listed
from command_service.pricing import Offer
from eventing.web.load import Lag

Rows = Callable[[str, Sequence[Any]], Awaitable[Sequence[tuple[Any, ...]]]]
"""Runs a statement and gives its rows: how, is the business of whoever knows the driver."""

_SQL = files("command_service") / "sql"


class Tables:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._catalogue = _statement("read_catalogue")
        self._available = _statement("read_available")
        self._booked = _statement("read_booked")
        self._lag = _statement("read_relay_lag")
        self._presence = _statement("are_tables_there")

    async def read_catalogue(self, skus: Sequence[str]) -> Mapping[str, Listed]:
        found = await self._rows(self._catalogue, (list(skus),))
        return {
            sku: Listed(version, Offer(name, unit_price, currency, status == "retired"))
            for sku, version, name, unit_price, currency, status in found
        }

    async def read_available(self, skus: Sequence[str]) -> Mapping[str, int]:
        return dict(await self._rows(self._available, (list(skus),)))

    async def read_booked(self, sku: str, reference: str) -> int | None:
        found = await self._rows(self._booked, (sku, reference))
        return found[0][0] if found else None

    async def read_relay_lag(self) -> Lag:
        events, seconds = (await self._rows(self._lag, ()))[0]
        return Lag(events or 0, seconds or 0.0)

    async def are_there(self) -> bool:
        return bool((await self._rows(self._presence, ()))[0][0])


def _statement(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
