from __future__ import annotations

from eventing.schema import event


@event("payment.declined")
class PaymentDeclined:
    """The provider has refused for good; no money was taken."""

    order_id: str
    reason: str
    """The provider's code."""
