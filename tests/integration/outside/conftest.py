"""A payment provider and a carrier as processes, and the platform's gateways to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from eventing.breaker import Breaker
from eventing.settings import CarrierSettings, PaymentSettings
from saga_choreography.gateways.carrier import HttpCarrier
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.gateways.opening import open_carrier, open_payment_gateway
from saga_choreography.gateways.payments import HttpPaymentGateway
from tests.support import outside
from tests.support.outside import CarrierService, PaymentProvider

USUAL: dict[str, Any] = {
    "attempt_seconds": 15.0,
    "deadline_seconds": 45.0,
    "first_pause": 0.01,
    "longest_pause": 0.05,
    "answer_limit": 8 * 1024,
}
"""So long that an attempt ends for want of time only where a service hangs on purpose."""
HASTY: dict[str, Any] = {"attempt_seconds": 1.0, "attempts": 10}
"""For services that hang on purpose, the first time: it is given up soon, and there are attempts enough to be heard."""

OpenPayments = Callable[..., Awaitable[HttpPaymentGateway]]


@pytest.fixture(scope="module")
def provider_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaymentProvider]:
    with outside.payment_provider(tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@pytest.fixture
def provider(provider_process: PaymentProvider) -> Iterator[PaymentProvider]:
    yield provider_process
    provider_process.go_right()


@pytest.fixture(scope="module")
def carrier_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CarrierService]:
    with outside.carrier(tmp_path_factory.mktemp("carrier")) as service:
        yield service


@pytest.fixture
def carrier_service(carrier_process: CarrierService) -> Iterator[CarrierService]:
    yield carrier_process
    carrier_process.go_right()


@pytest.fixture
async def open_payments(provider_process: PaymentProvider) -> AsyncIterator[OpenPayments]:
    async with AsyncExitStack() as stack:

        async def opened(
            metrics: OutsideMetrics | None = None, breaker: Breaker | None = None, **given: Any
        ) -> HttpPaymentGateway:
            settings = PaymentSettings(url=SecretStr(provider_process.address), **{**USUAL, **given})
            gateway = open_payment_gateway(settings, metrics or OutsideMetrics(), breaker=breaker)
            return await stack.enter_async_context(gateway)

        yield opened


@pytest.fixture
def patience() -> dict[str, Any]:
    """With those who are asked; a test of services that hang takes another one."""
    return {}


@pytest.fixture
async def payments(open_payments: OpenPayments, patience: dict[str, Any]) -> HttpPaymentGateway:
    return await open_payments(**patience)


@pytest.fixture
async def carrier(carrier_process: CarrierService, patience: dict[str, Any]) -> AsyncIterator[HttpCarrier]:
    settings = CarrierSettings(url=SecretStr(carrier_process.address), **{**USUAL, **patience})
    async with open_carrier(settings, OutsideMetrics()) as gateway:
        yield gateway
