"""The answers of the outside world that are definite. Only these are ever decided on: anything else is asked again."""

from __future__ import annotations

from saga_choreography.outside import Charged, Declined, LabelCreated, Refunded, Refused, Voided

Outcome = Charged | Declined | Refunded | LabelCreated | Refused | Voided
