from __future__ import annotations

from eventing.schema import event


@event("payment.charged")
class PaymentCharged:
    """The provider has taken the money."""

    order_id: str
    amount: int
    """Minor units of the currency."""
    currency: str
    provider_reference: str
    """The provider's own name for the charge."""
