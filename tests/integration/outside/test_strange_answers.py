"""Answers that belong to another question, have no end or come from nowhere."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from eventing.settings import PaymentSettings
from saga_choreography.gateways import payments as payments_module
from saga_choreography.gateways.answers import CHARGE
from saga_choreography.gateways.line import Reply
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.gateways.opening import open_payment_gateway
from saga_choreography.gateways.payments import HttpPaymentGateway
from saga_choreography.outside import Charged, Unknown
from tests.integration.outside.conftest import USUAL, OpenPayments
from tests.support.outside import PaymentProvider
from tests.support.waiting import until_soon


async def charged_in_a_row(payments: HttpPaymentGateway, names: str) -> dict[str, str]:
    """Several charges one after the other on the kept connection: the reference that was told for each key."""
    told = {}
    for number in range(6):
        key = f"{names}-{number}"
        outcome = await payments.charge(key, 100 + number, "EUR", order_id=key)
        while isinstance(outcome, Unknown):
            outcome = await payments.charge(key, 100 + number, "EUR", order_id=key)
        assert isinstance(outcome, Charged), outcome
        told[key] = outcome.reference
        await asyncio.sleep(0)  # a surplus answer may arrive between two questions
    return told


def written(provider: PaymentProvider, names: str) -> dict[str, str]:
    return {row["key"]: row["reference"] for row in provider.effects("charge") if row["key"].startswith(names)}


async def test_an_answer_that_comes_twice_is_never_taken_for_the_next_one(
    provider: PaymentProvider, payments: HttpPaymentGateway, names: str
) -> None:
    provider.go_wrong({"operation": "charge", "fault": "duplicate"})

    told = await charged_in_a_row(payments, names)

    assert told == written(provider, names)


async def test_without_a_look_at_the_key_it_is_taken_for_the_next_one(
    provider: PaymentProvider, payments: HttpPaymentGateway, names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: an answer is believed to belong to the question that was sent last, and to be of its amount."""

    def believe(reply: Reply, key: str) -> Charged:
        answer = CHARGE.validate_json(reply.body)
        assert answer.status == "captured"
        return Charged(answer.reference, answer.amount, answer.currency)

    monkeypatch.setitem(vars(payments_module), "_charge", believe)
    monkeypatch.setitem(vars(payments_module), "_demand_same", lambda *_: None)
    provider.go_wrong({"operation": "charge", "fault": "duplicate"})

    for attempt in range(20):
        if await charged_in_a_row(payments, f"{names}-{attempt}") != written(provider, f"{names}-{attempt}"):
            return
    pytest.fail("no answer was mistaken for another one, so the test above shows nothing")


async def test_an_answer_without_an_end_is_cut_off(
    provider: PaymentProvider, payments: HttpPaymentGateway, names: str
) -> None:
    provider.go_wrong({"fault": "huge", "megabytes": 1024})
    began = time.monotonic()
    tracemalloc.start()

    outcome = await payments.charge(names, 1300, "EUR", order_id=names)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(outcome, Unknown)
    assert "more than" in outcome.why
    assert peak < 4 * 1024 * 1024
    assert time.monotonic() - began < 10


async def test_a_redirect_is_not_followed(provider: PaymentProvider, payments: HttpPaymentGateway, names: str) -> None:
    provider.go_wrong({"fault": "redirect"})

    outcome = await payments.charge(names, 1300, "EUR", order_id=names)

    assert isinstance(outcome, Unknown)
    assert outcome.alarming
    assert provider.captured(names) == 0


@contextmanager
def stranger(says: bytes) -> Iterator[str]:
    """A server that says this to whoever comes, and goes on listening."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def answer_of(body: str, *headers: str) -> bytes:
    lines = ("HTTP/1.1 201 Created", f"Content-Length: {len(body.encode())}", *headers, "", body)
    return "\r\n".join(lines).encode()


GOOD = '{"key":"k","status":"captured","reference":"ch_1","amount":1300,"currency":"EUR"}'


@pytest.mark.parametrize(
    "says",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x00\xa5\x01" * 50,
        b"HTTP/1.1 201 Created\r\n" + b"X-Fill: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        answer_of("[" * 3000),
        answer_of(GOOD.replace("1300", "1300.0")),
        answer_of(GOOD.replace("1300", '"1300"')),
        answer_of(GOOD.replace("1300", "1e400")),
        answer_of(GOOD.replace("ch_1", "ch\\u0000")),
        answer_of(GOOD.replace("ch_1", "x" * 5000)),
        answer_of(GOOD.replace("captured", "pending")),
        answer_of(GOOD.replace("EUR", "eur")),
        answer_of("\ufeff" + GOOD),
        answer_of(GOOD, "Content-Encoding: gzip"),
        answer_of(""),
    ],
    ids=lambda says: repr(says[:60]),
)
async def test_what_is_no_answer_is_unknown_and_never_an_exception(says: bytes) -> None:
    with stranger(says) as url:
        settings = PaymentSettings(url=SecretStr(url), **USUAL)
        async with open_payment_gateway(settings, OutsideMetrics()) as payments:
            outcome = await payments.charge("k", 1300, "EUR", order_id="o")

    assert isinstance(outcome, Unknown), outcome


async def test_the_same_stranger_is_believed_when_it_answers_as_agreed() -> None:
    """So that none of the answers above is refused for another reason than its own."""
    with stranger(answer_of(GOOD)) as url:
        settings = PaymentSettings(url=SecretStr(url), **USUAL)
        async with open_payment_gateway(settings, OutsideMetrics()) as payments:
            assert await payments.charge("k", 1300, "EUR", order_id="o") == Charged("ch_1", 1300, "EUR")


async def test_a_line_that_is_distrusted_lets_those_finish_who_are_on_it(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    provider.go_wrong(
        {"key": f"{names}-slow", "fault": "delay", "ms": 600},
        {"operation": "charge", "key": f"{names}-wrong", "fault": "wrong_key"},
    )
    payments = await open_payments()
    slow = asyncio.create_task(payments.charge(f"{names}-slow", 1, "EUR", order_id=names))
    await until_soon(lambda: provider.effects("charge", order_id=names), "the slow one is on its way")

    assert isinstance(await payments.charge(f"{names}-wrong", 1, "EUR", order_id=names), Charged)

    assert isinstance(await slow, Charged)
    assert len(provider.calls("charge", f"{names}-slow")) == 1
