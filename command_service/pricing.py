"""What the lines of an order cost: prices come from the catalogue, never from the customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from command_service.money import LARGEST_AMOUNT
from event_schemas.values import OrderLine
from eventing.errors import Refusal

MOST_LINES: Final = 100
LARGEST_QUANTITY: Final = 1000


class Offer(NamedTuple):
    """What the catalogue says of a product at this moment."""

    name: str
    unit_price: int
    currency: str
    retired: bool = False


class WantedLine(NamedTuple):
    sku: str
    quantity: int


class Priced(NamedTuple):
    lines: tuple[OrderLine, ...]
    currency: str
    total: int


def price(wanted: Sequence[WantedLine], offers: Mapping[str, Offer]) -> Priced:
    """A SKU that is missing in `offers` is unknown."""
    _check_lines(wanted)
    lines = tuple([_priced(index, sku, quantity, offers) for index, (sku, quantity) in enumerate(wanted)])
    return Priced(lines, _one_currency(wanted, offers), _total(lines))


def _check_lines(wanted: Sequence[WantedLine]) -> None:
    if not wanted:
        raise Refusal("An order needs at least one line.", code="no_lines")
    if len(wanted) > MOST_LINES:
        raise Refusal(
            f"An order has at most {MOST_LINES} lines: split it into several orders.",
            code="too_many_lines",
            lines=len(wanted),
            most=MOST_LINES,
        )
    skus = [line.sku for line in wanted]
    if len(set(skus)) < len(skus):
        twice = next(sku for sku in skus if skus.count(sku) > 1)
        raise Refusal(f"{twice} stands in more than one line: add the quantities up.", code="duplicate_sku", sku=twice)


def _priced(index: int, sku: str, quantity: int, offers: Mapping[str, Offer]) -> OrderLine:
    offer = offers.get(sku)
    if offer is None or offer.retired or not 1 <= quantity <= LARGEST_QUANTITY:
        raise _refusal(index, sku, quantity, offer)
    return OrderLine(sku=sku, name=offer.name, quantity=quantity, unit_price=offer.unit_price)


def _refusal(index: int, sku: str, quantity: int, offer: Offer | None) -> Refusal:
    where, line = {"line": index, "sku": sku}, f"Line {index + 1}"
    if not 1 <= quantity <= LARGEST_QUANTITY:
        bounds = {"least": 1, "most": LARGEST_QUANTITY}
        return Refusal(
            f"{line}: a quantity is between 1 and {LARGEST_QUANTITY}.", code="quantity_out_of_range", **where, **bounds
        )
    if offer is None:
        return Refusal(f"{line}: there is no product {sku}.", code="unknown_sku", **where)
    return Refusal(f"{line}: {sku} is no longer sold: leave it out.", code="retired_sku", **where)


def _one_currency(wanted: Sequence[WantedLine], offers: Mapping[str, Offer]) -> str:
    currencies = {offers[line.sku].currency for line in wanted}
    if len(currencies) > 1:
        raise Refusal(
            "The products have prices in several currencies: place an order for each currency.",
            code="mixed_currencies",
            currencies=sorted(currencies),
        )
    return currencies.pop()


def _total(lines: Sequence[OrderLine]) -> int:
    total = sum([line.quantity * line.unit_price for line in lines])
    if total > LARGEST_AMOUNT:
        raise Refusal(
            f"The total is more than {LARGEST_AMOUNT} minor units: split it into several orders.",
            code="total_too_large",
            most=LARGEST_AMOUNT,
        )
    return total
