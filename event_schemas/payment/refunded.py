from __future__ import annotations

from eventing.schema import event


@event("payment.refunded")
class PaymentRefunded:
    """The money is given back; a charge that comes later must be refunded too."""

    order_id: str
    amount: int
    """Minor units of the currency; 0 when nothing had been captured."""
    currency: str
    provider_reference: str
    """The provider's own name for the refund; empty when nothing had been captured."""
