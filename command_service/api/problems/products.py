"""Problems with products."""

from __future__ import annotations

from typing import Final

from command_service.api.problems.examples import REGISTER, REPRICE
from command_service.money import LARGEST_AMOUNT
from eventing.web.problems import ProblemKind

PROBLEMS: Final = (
    ProblemKind(
        "product_not_found",
        404,
        "There is no such product",
        cause="No product was registered under this SKU.",
        fix="Compare the SKU with the catalogue; register it if it is new.",
        curl=REGISTER,
    ),
    ProblemKind(
        "product_exists",
        409,
        "The SKU is taken",
        cause="Another product, or this one with other words or another price, is registered under this SKU.",
        fix="Change its price, or register under another SKU.",
        curl=REPRICE,
        facts={"sku": "MUG-1"},
    ),
    ProblemKind(
        "product_retired",
        409,
        "The product is retired",
        cause="Nobody can buy it any more, at any price.",
        fix="Register what replaces it under another SKU.",
        curl=REGISTER,
        facts={"sku": "MUG-1"},
    ),
    ProblemKind(
        "price_out_of_range",
        422,
        "The price is out of its bounds",
        cause="A price is at least one minor unit, and no more than can be counted exactly.",
        fix="Send minor units: 1250 for 12.50 euros.",
        curl=REPRICE,
        facts={"least": 1, "most": LARGEST_AMOUNT},
    ),
    ProblemKind(
        "unknown_currency",
        422,
        "There is no such currency",
        cause="The currency is not one of ISO 4217, in capitals.",
        fix="Send a code such as EUR, USD or JPY.",
        curl=REPRICE,
    ),
)
