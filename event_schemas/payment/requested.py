from __future__ import annotations

from eventing.schema import event


@event("payment.requested")
class PaymentRequested:
    """The provider is about to be asked for the money. Written first, so that a crash can't ask twice."""

    order_id: str
    amount: int
    """Minor units of the currency."""
    currency: str
    provider_key: str
    """The idempotency key under which the provider is asked, however often."""
