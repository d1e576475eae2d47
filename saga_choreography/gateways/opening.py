"""Opens the gateways of a process from its settings. For its composition root, inside its event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stamina

from eventing.breaker import Breaker
from eventing.errors import Misconfigured
from eventing.settings import CarrierSettings, OutsideSettings, PaymentSettings
from saga_choreography.gateways.asking import Asking
from saga_choreography.gateways.carrier import HttpCarrier
from saga_choreography.gateways.line import open_line
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.gateways.payments import HttpPaymentGateway


@asynccontextmanager
async def open_payment_gateway(
    settings: PaymentSettings, metrics: OutsideMetrics, *, breaker: Breaker | None = None
) -> AsyncIterator[HttpPaymentGateway]:
    async with _open("payments", settings, metrics, breaker) as asking:
        yield HttpPaymentGateway(asking)


@asynccontextmanager
async def open_carrier(
    settings: CarrierSettings, metrics: OutsideMetrics, *, breaker: Breaker | None = None
) -> AsyncIterator[HttpCarrier]:
    async with _open("carrier", settings, metrics, breaker) as asking:
        yield HttpCarrier(asking)


@asynccontextmanager
async def _open(
    name: str, settings: OutsideSettings, metrics: OutsideMetrics, breaker: Breaker | None
) -> AsyncIterator[Asking]:
    if settings.url is None:
        raise Misconfigured(f"There is no address for {_TITLES[name]}: set ORDERS_{name.upper()}__URL.")
    # Its own counters and log lines would say again, in other words, what ours say.
    stamina.instrumentation.set_on_retry_hooks([])
    async with open_line(settings) as line:
        yield Asking(name, line, settings, metrics, breaker=breaker)


_TITLES = {"payments": "the payment provider", "carrier": "the carrier"}
