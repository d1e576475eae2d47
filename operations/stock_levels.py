"""What the events say of the stock, beside what the table says: compared, and made equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, NamedTuple

import psycopg

from event_schemas.inventory.released import InventoryReleased
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.stock.adjusted import StockAdjusted
from event_schemas.stock.received import StockReceived
from eventing.errors import Misconfigured, OrderloomError, Unavailable
from eventing.postgres.addresses import conninfo_of
from eventing.postgres.connecting import explained
from operations.event_store import make_codec

_TYPES: Final = ["stock.received", "stock.adjusted", "inventory.reserved", "inventory.released"]
_EVENTS: Final = """
    SELECT type, schema_version, body FROM events
    WHERE (stream LIKE 'stock-%%' OR stream LIKE 'reservation-%%') AND type = ANY (%s) ORDER BY position
"""
_TABLE: Final = "SELECT sku, available, reserved FROM stock_levels"
# Whoever moves a level waits; whoever appended before has committed, since an append holds its rows until it has.
_LOCK: Final = "LOCK TABLE stock_levels IN EXCLUSIVE MODE"
_WRITE: Final = """
    INSERT INTO stock_levels (sku, available, reserved)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
    ON CONFLICT (sku) DO UPDATE SET available = excluded.available, reserved = excluded.reserved
"""
_FORGET: Final = "DELETE FROM stock_levels WHERE sku = ANY (%s)"
_READ_AT_A_TIME: Final = 5000


class Level(NamedTuple):
    available: int
    reserved: int


class Difference(NamedTuple):
    sku: str
    in_table: Level | None
    by_events: Level | None


def differences(url: str) -> Sequence[Difference]:
    """Table and events as of one moment, while appending goes on."""
    with _connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return _compared(_table(connection), _folded(connection))


def rebuild(url: str) -> Sequence[Difference]:
    """Writes into the table what the events say; what moves stock waits meanwhile. What was different."""
    with _connected(url) as connection:
        connection.execute("SET LOCAL lock_timeout = '30s'")
        connection.execute(_LOCK)
        found = _compared(_table(connection), _folded(connection))
        right = [(each.sku, *each.by_events) for each in found if each.by_events is not None]
        if right:
            connection.execute(_WRITE, [list(column) for column in zip(*right, strict=True)])
        connection.execute(_FORGET, ([each.sku for each in found if each.by_events is None],))
        connection.commit()
        return found


def fold(events: Iterable[object]) -> dict[str, Level]:
    on_hand: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for event in events:
        match event:
            case StockReceived():
                on_hand[event.sku] += event.quantity
            case StockAdjusted():
                on_hand[event.sku] += event.delta
            case InventoryReserved():
                reserved.update({line.sku: line.quantity for line in event.lines})
            case InventoryReleased():
                reserved.subtract({line.sku: line.quantity for line in event.lines})
            case _:
                pass
    return {sku: Level(on_hand[sku] - reserved[sku], reserved[sku]) for sku in on_hand.keys() | reserved.keys()}


def _compared(table: dict[str, Level], folded: dict[str, Level]) -> Sequence[Difference]:
    return [
        Difference(sku, table.get(sku), folded.get(sku))
        for sku in sorted(table.keys() | folded.keys())
        if table.get(sku, Level(0, 0)) != folded.get(sku, Level(0, 0))
    ]


def _table(connection: psycopg.Connection[Any]) -> dict[str, Level]:
    return {sku: Level(available, reserved) for sku, available, reserved in connection.execute(_TABLE)}


def _folded(connection: psycopg.Connection[Any]) -> dict[str, Level]:
    codec = make_codec()
    with connection.cursor("orders_stock", binary=True) as cursor:
        cursor.itersize = _READ_AT_A_TIME
        cursor.execute(_EVENTS, (_TYPES,))
        return fold(codec.decode(kind, version, bytes(body)) for kind, version, body in cursor)


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        with closing(psycopg.connect(conninfo_of(url), application_name="orders stock")) as connection:
            yield connection
    except psycopg.Error as error:
        raise _told(error) from error


def _told(error: psycopg.Error) -> OrderloomError:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return Misconfigured("Only the owner of the tables may rebuild the levels: connect as the one who upgrades.")
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return Unavailable("The levels were in use for 30 seconds: try again.")
    return explained(error)
