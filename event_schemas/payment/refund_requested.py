from __future__ import annotations

from eventing.schema import event


@event("payment.refund_requested")
class PaymentRefundRequested:
    """The provider is about to be asked to give the money back. Written first, so that a crash can't ask twice."""

    order_id: str
    amount: int
    """Minor units of the currency: all that was captured."""
    currency: str
    charge_reference: str
    """The provider's own name for the charge that is given back."""
    provider_key: str
    """The idempotency key under which the provider is asked, however often."""
