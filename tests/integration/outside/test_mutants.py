"""What it would cost to do without: each test of the others fails with the mechanism taken out."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from saga_choreography.gateways.line import Line, Question, Reply
from saga_choreography.gateways.payments import HttpPaymentGateway
from saga_choreography.gateways.trouble import MISTAKE, TIMEOUT, Trouble
from saga_choreography.outside import Charged, Rejected
from tests.integration.outside.conftest import OpenPayments
from tests.support.outside import PaymentProvider
from tests.support.waiting import until_soon


async def test_with_a_key_for_each_attempt_a_card_is_charged_twice(
    provider: PaymentProvider, payments: HttpPaymentGateway, names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = 0

    class KeyAnAttempt(Line):
        async def send(self, question: Question, seconds: float) -> Reply:
            nonlocal sent
            sent += 1
            reply = await super().send(replace(question, key=f"{question.key}-{sent}"), seconds)
            return Reply(reply.status, reply.body.replace(f"{names}-{sent}".encode(), names.encode()))

    line = payments._asking._line
    line.__class__ = KeyAnAttempt
    provider.go_wrong({"operation": "charge", "fault": "lost_reply", "times": 1})

    assert isinstance(await payments.charge(names, 1300, "EUR", order_id=names), Charged)

    assert provider.captured(names) == 2600


async def test_with_a_timeout_for_a_definite_no_money_is_kept_for_an_order_that_failed(
    provider: PaymentProvider, open_payments: OpenPayments, names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payments = await open_payments(attempt_seconds=1.0)

    async def certain(self: Line, question: Question, seconds: float) -> Reply:
        try:
            return await plain(self, question, seconds)
        except Trouble as error:
            raise (Trouble(MISTAKE, "It does not answer, so it said no.") if error.kind is TIMEOUT else error) from None

    plain = Line.send
    monkeypatch.setitem(vars(payments._asking._line), "send", certain.__get__(payments._asking._line))
    provider.go_wrong({"operation": "charge", "fault": "hang_after"})

    assert isinstance(await payments.charge(names, 1300, "EUR", order_id=names), Rejected)

    await until_soon(lambda: provider.balance(names) == 1300, "the money is taken")


async def test_without_a_bulkhead_all_who_come_are_on_their_way_at_once(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    """Against `test_more_than_may_wait_are_put_off_unasked`."""
    provider.go_wrong({"operation": "charge", "fault": "hang"})
    payments = await open_payments(attempts=1, attempt_seconds=1.0, concurrency=1000)

    asked = [asyncio.create_task(payments.charge(f"{names}-{n}", 1, "EUR", order_id=names)) for n in range(20)]
    await asyncio.gather(*asked)

    await until_soon(
        lambda: len([call for call in provider.calls("charge") if call["key"].startswith(names)]) == 20,
        "all of them are heard",
    )


async def test_without_a_limit_an_answer_is_read_to_its_end(
    provider: PaymentProvider, payments: HttpPaymentGateway, names: str
) -> None:
    """Against `test_an_answer_without_an_end_is_cut_off`: with a limit of 100 MB the 16 MB are all in memory."""
    payments._asking._line._limit = 100 * 1024 * 1024
    read: list[int] = []
    plain = payments._asking._line._exchange

    async def measured(*given: object) -> Reply:
        reply = await plain(*given)  # type: ignore[arg-type]
        read.append(len(reply.body))
        return reply

    vars(payments._asking._line)["_exchange"] = measured
    provider.go_wrong({"operation": "charge", "fault": "huge", "megabytes": 16})

    await payments.charge(names, 1300, "EUR", order_id=names)

    assert read[0] > 16 * 1024 * 1024
