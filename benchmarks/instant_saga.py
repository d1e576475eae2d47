"""All participants in one process, with an outside world that answers at once: its speed is not what is measured."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from event_schemas.payment.requested import PaymentRequested
from event_schemas.shipping.requested import ShippingRequested
from eventing.avro.codec import Codec
from eventing.settings import Settings, read_settings
from saga_choreography import wiring
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.outside import Charged, LabelCreated
from saga_choreography.questions import Answer, Ask


async def answer(intent: object) -> Answer:
    match intent:
        case PaymentRequested():
            return Charged(f"charge-{intent.order_id}", intent.amount, intent.currency)
        case ShippingRequested():
            return LabelCreated("bench", f"parcel-{intent.order_id}")
        case _:
            raise TypeError(f"No order goes back here, yet somebody asked {intent!r}.")


def instant(settings: Settings, codec: Codec, metrics: OutsideMetrics) -> wiring.Adapters:
    @asynccontextmanager
    async def line(_name: str) -> AsyncIterator[Ask]:
        yield answer

    return replace(wiring.adapters(settings, codec, metrics), lines=line)


def announce(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    wiring.run(read_settings(), ["all"], announce, outside=instant)
