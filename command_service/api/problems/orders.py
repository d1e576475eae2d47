"""Problems with orders."""

from __future__ import annotations

from typing import Final

from command_service.aggregates.stock import LARGEST_MOVEMENT
from command_service.api.problems.examples import CANCEL, PLACE
from command_service.money import LARGEST_AMOUNT
from command_service.pricing import LARGEST_QUANTITY, MOST_LINES
from eventing.web.problems import ProblemKind

PROBLEMS: Final = (
    ProblemKind(
        "order_not_found",
        404,
        "There is no such order",
        cause="No order has this id, or it is somebody else's.",
        fix="Compare the id with the Location that placing it answered, and the token with who placed it.",
        curl=CANCEL,
    ),
    ProblemKind(
        "order_exists",
        409,
        "Another order has this id",
        cause="An id was given out twice.",
        fix="Send the request again: it gets a new id.",
        curl=PLACE,
    ),
    ProblemKind(
        "order_ended",
        409,
        "The order has ended",
        cause="It is confirmed, failed or cancelled, and nothing about it changes any more.",
        fix="Place a new order, or ask for a return of this one.",
        curl=CANCEL,
        facts={"order_status": "confirmed"},
    ),
    ProblemKind(
        "order_cancelling",
        409,
        "The order is being cancelled",
        cause="A cancellation was asked for, so it is delivered nowhere.",
        fix="Place a new order with the address that you want.",
        curl=PLACE,
    ),
    ProblemKind(
        "order_failing",
        409,
        "The order is being undone",
        cause="A deadline has passed or an operator has sent it back, so it is delivered nowhere.",
        fix="Place a new order with the address that you want.",
        curl=PLACE,
    ),
    ProblemKind(
        "already_shipped",
        409,
        "The carrier has the order",
        cause="The carrier was asked for a label with the old address.",
        fix="Cancel the order and place it again, or ask the carrier to redirect the parcel.",
        curl=CANCEL,
    ),
    ProblemKind(
        "no_lines",
        422,
        "The order is empty",
        cause="`lines` is an empty list.",
        fix="Name at least one product.",
        curl=PLACE,
    ),
    ProblemKind(
        "too_many_lines",
        422,
        "The order has too many lines",
        cause=f"An order has at most {MOST_LINES} lines.",
        fix="Split it into several orders.",
        curl=PLACE,
        facts={"lines": MOST_LINES + 1, "most": MOST_LINES},
    ),
    ProblemKind(
        "duplicate_sku",
        422,
        "A product stands in several lines",
        cause="Each product stands in one line of an order.",
        fix="Add the quantities up.",
        curl=PLACE,
        facts={"sku": "MUG-1"},
    ),
    ProblemKind(
        "quantity_out_of_range",
        422,
        "The quantity is out of its bounds",
        cause=f"A line of an order is of 1 to {LARGEST_QUANTITY} pieces, a movement of stock of 1 to "
        f"{LARGEST_MOVEMENT}.",
        fix="Send a quantity between `least` and `most`.",
        curl=PLACE,
        facts={"line": 0, "sku": "MUG-1", "least": 1, "most": LARGEST_QUANTITY},
    ),
    ProblemKind(
        "unknown_sku",
        422,
        "There is no such product",
        cause="A line names a SKU that was never registered. `line` counts from 0.",
        fix="Compare the SKU with the catalogue; they are case-sensitive.",
        curl=PLACE,
        facts={"line": 0, "sku": "MUG-9"},
    ),
    ProblemKind(
        "retired_sku",
        422,
        "The product is no longer sold",
        cause="A line names a product that is retired. `line` counts from 0.",
        fix="Leave it out, or order what replaces it.",
        curl=PLACE,
        facts={"line": 0, "sku": "MUG-1"},
    ),
    ProblemKind(
        "mixed_currencies",
        422,
        "The prices are in several currencies",
        cause="One payment is in one currency, and so is an order.",
        fix="Place an order for each currency.",
        curl=PLACE,
        facts={"currencies": ["EUR", "USD"]},
    ),
    ProblemKind(
        "total_too_large",
        422,
        "The total is too large",
        cause="The sum of all lines is more than can be charged and counted exactly.",
        fix="Split it into several orders.",
        curl=PLACE,
        facts={"most": LARGEST_AMOUNT},
    ),
)
