from __future__ import annotations

from eventing.schema import event


@event("payment.revoked")
class PaymentRevoked:
    """The charge isn't wanted any more, but whether it was made isn't known yet: if it was, it is refunded."""

    order_id: str
    cause: str
    """The type of the event that asked for it, such as `shipping.label_voided`."""
