"""What callers send. Unknown members, control characters and anything of another type are refused.

The bounds of the business (quantities, prices, currencies, how many lines) are only written down here, for the
documentation: the aggregates decide on them, and refuse with a code of their own.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from command_service.aggregates.stock import LARGEST_MOVEMENT
from command_service.money import CURRENCIES, LARGEST_AMOUNT
from command_service.pricing import LARGEST_QUANTITY, MOST_LINES

# No control characters, and something other than a blank at its beginning.
_WORDS: Final = r"^[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
_REMARK: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_WORDS)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=_WORDS)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_WORDS)]
Remark = Annotated[str, StringConstraints(max_length=500, pattern=_REMARK)]
Description = Annotated[str, StringConstraints(max_length=4000, pattern=_REMARK)]
Email = Annotated[
    str, StringConstraints(min_length=3, max_length=254, pattern=r"^[!-?A-~]{1,64}@[0-9A-Za-z.-]{1,189}$")
]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Quantity = Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": LARGEST_QUANTITY})]
Price = Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": LARGEST_AMOUNT})]
Currency = Annotated[str, Field(json_schema_extra={"enum": sorted(CURRENCIES)})]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AddressBody(Body):
    """Where a parcel goes."""

    recipient: Name
    street: Name = Field(description="Street and number.")
    postal_code: Code
    city: Name
    country: Country = Field(description="ISO 3166-1 alpha-2.")


class LineBody(Body):
    """So many of one product. The price comes from the catalogue."""

    sku: Sku
    quantity: Quantity


class PlaceOrderBody(Body):
    customer_name: Name
    customer_email: Email
    lines: list[LineBody] = Field(
        json_schema_extra={"minItems": 1, "maxItems": MOST_LINES}, description="Each SKU once, all in one currency."
    )
    delivery_address: AddressBody
    sales_channel: Channel = "web"


class CancellationBody(Body):
    reason: Remark = ""


class RegisterProductBody(Body):
    sku: Sku
    name: Name
    description: Description = ""
    unit_price: Price = Field(description="Minor units of the currency: cents of a euro.")
    currency: Currency = Field(description="ISO 4217.")


class PriceBody(Body):
    unit_price: Price = Field(description="Minor units of the currency: cents of a euro.")
    currency: Currency = Field(description="ISO 4217.")


class RetirementBody(Body):
    reason: Remark = ""


class ReceiptBody(Body):
    quantity: int = Field(json_schema_extra={"minimum": 1, "maximum": LARGEST_MOVEMENT})
    reference: Reference = Field(description="The delivery note: it is booked once, however often it is sent.")


class AdjustmentBody(Body):
    delta: int = Field(
        json_schema_extra={"minimum": -LARGEST_MOVEMENT, "maximum": LARGEST_MOVEMENT, "not": {"const": 0}},
        description="Pieces more, or fewer if negative.",
    )
    reason: Name
    reference: Reference = Field(description="The count it comes from: it is booked once, however often it is sent.")
