from __future__ import annotations

from eventing.schema import event


@event("payment.mischarged")
class PaymentMischarged:
    """The provider has taken what was not asked for: another amount or currency, or money it had declined to take.

    So the order isn't paid, and what was taken is given back.
    """

    order_id: str
    amount: int
    """What was taken, in minor units of the currency."""
    currency: str
    provider_reference: str
    """The provider's own name for the charge."""
