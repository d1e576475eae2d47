"""Providers that die, freeze or are not there, and how long anybody waits for them."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from eventing.breaker import Breaker, State
from eventing.deadline import within
from eventing.errors import Misconfigured
from eventing.settings import PaymentSettings
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.gateways.opening import open_payment_gateway
from saga_choreography.outside import Charged, Rejected, Unknown
from tests.integration.outside.conftest import USUAL, OpenPayments
from tests.support.outside import PaymentProvider, payment_provider
from tests.support.waiting import until_soon


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[PaymentProvider]:
    """A provider of this test's own, with an API key."""
    with payment_provider(tmp_path, api_key="sesame") as provider:
        yield provider


def settings_for(provider: PaymentProvider, **given: Any) -> PaymentSettings:
    return PaymentSettings(
        url=SecretStr(provider.address), api_key=SecretStr("sesame"), **{**USUAL, "attempts": 1, **given}
    )


async def test_a_provider_killed_between_effect_and_reply_knows_it_when_it_is_back(mortal: PaymentProvider) -> None:
    mortal.go_wrong({"operation": "charge", "fault": "hang_after"})
    async with open_payment_gateway(settings_for(mortal), OutsideMetrics()) as payments:
        asked = asyncio.create_task(payments.charge("k", 1300, "EUR", order_id="o"))
        await until_soon(lambda: mortal.effects("charge"), "the money is taken")
        mortal.kill()
        assert isinstance(await asked, Unknown)
        # while it is away, nothing is known either
        assert isinstance(await payments.charge("k", 1300, "EUR", order_id="o"), Unknown)

        mortal.restart()

        [row] = mortal.effects("charge")
        assert await payments.charge("k", 1300, "EUR", order_id="o") == Charged(row["reference"], 1300, "EUR")
    assert mortal.captured("o") == 1300


async def test_a_wrong_api_key_is_for_an_operator_and_never_tried_again(mortal: PaymentProvider) -> None:
    settings = settings_for(mortal, attempts=5).model_copy(update={"api_key": SecretStr("open up")})
    metrics = OutsideMetrics()
    async with open_payment_gateway(settings, metrics) as payments:
        outcome = await payments.charge("k", 1300, "EUR", order_id="o")

    assert isinstance(outcome, Rejected)
    assert outcome.status == 401
    assert counted(metrics, "attempts_total", outcome="mistake") == 1
    assert not mortal.effects()


@pytest.mark.parametrize("fault", ["hang", "hang_after"])
async def test_a_hang_takes_as_long_as_an_attempt_may(
    provider: PaymentProvider, open_payments: OpenPayments, names: str, fault: str
) -> None:
    provider.go_wrong({"operation": "charge", "fault": fault})
    payments = await open_payments(attempts=2, attempt_seconds=0.5)
    began = time.monotonic()

    assert isinstance(await payments.charge(names, 1, "EUR", order_id=names), Unknown)

    assert 1 <= time.monotonic() - began < USUAL["attempt_seconds"]
    await until_soon(lambda: len(provider.calls("charge", names)) == 2, "both attempts were heard")


async def test_a_deadline_outside_is_obeyed_by_attempts_and_pauses(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    provider.go_wrong({"operation": "charge", "fault": "hang"})
    payments = await open_payments(attempts=10)
    began = time.monotonic()

    with within(0.5):
        outcome = await payments.charge(names, 1, "EUR", order_id=names)

    assert isinstance(outcome, Unknown)
    assert 0.45 <= time.monotonic() - began < USUAL["attempt_seconds"]
    with within(0):
        assert await payments.charge(names, 1, "EUR", order_id=names) == Unknown(
            "No time was left to ask.", retry_after=0.05, asked=False
        )


async def test_a_frozen_provider_is_left_alone_and_found_again(mortal: PaymentProvider) -> None:
    later = [0.0]
    metrics = OutsideMetrics()
    breaker = Breaker(failures=3, pause=30, longest_pause=120, now=lambda: later[0])
    async with open_payment_gateway(settings_for(mortal, attempt_seconds=2.0), metrics, breaker=breaker) as payments:
        mortal.freeze()
        for number in range(3):
            outcome = await payments.charge(f"k{number}", 1, "EUR", order_id="o")
            assert isinstance(outcome, Unknown)
            assert outcome.asked

        # then nobody waits for it any more, and it hears nothing
        began = time.monotonic()
        outcomes = [await payments.charge("k", 1, "EUR", order_id="o") for _ in range(100)]
        assert time.monotonic() - began < 2
        assert all(isinstance(outcome, Unknown) and not outcome.asked for outcome in outcomes)
        assert {outcome.retry_after for outcome in outcomes if isinstance(outcome, Unknown)} == {30.0}
        assert counted(metrics, "breaker_state", state="open") == 1

        # when the pause is over and it is awake, one attempt is enough
        mortal.thaw()
        later[0] = 31
        assert isinstance(await payments.charge("k", 1, "EUR", order_id="o"), Charged)
        assert breaker.state is State.CLOSED
        assert counted(metrics, "breaker_state", state="closed") == 1


async def test_half_open_only_so_many_find_out(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    later = [0.0]
    breaker = Breaker(failures=3, pause=30, probes=2, now=lambda: later[0])
    payments = await open_payments(breaker=breaker, attempts=1, attempt_seconds=0.5)
    provider.go_wrong({"operation": "charge", "fault": "hang"})
    for number in range(3):
        await payments.charge(f"{names}-{number}", 1, "EUR", order_id=names)
    later[0] = 31

    outcomes = await asyncio.gather(
        *(payments.charge(f"{names}-{number}", 1, "EUR", order_id=names) for number in range(50))
    )

    assert sum(isinstance(outcome, Unknown) and outcome.asked for outcome in outcomes) == 2


async def test_those_who_hang_leave_the_others_as_they_were(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    """A few of many hang for ever. The others are answered meanwhile, each in its usual time."""
    provider.go_wrong({"operation": "charge", "key": f"{names}-bad-*", "fault": "hang"})
    payments = await open_payments(attempts=1, concurrency=20)
    bad = [f"{names}-bad-{n}" for n in range(3)]
    hanging = [asyncio.create_task(payments.charge(key, 1, "EUR", order_id=names)) for key in bad]
    await until_soon(lambda: all(provider.calls("charge", key) for key in bad), "they are heard, and hang")

    outcomes = await asyncio.gather(*(payments.charge(f"{names}-{n}", 1, "EUR", order_id=names) for n in range(100)))

    assert all(isinstance(outcome, Charged) for outcome in outcomes)
    assert not any(task.done() for task in hanging)
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_more_than_may_wait_are_put_off_unasked(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    provider.go_wrong({"operation": "charge", "fault": "hang"})
    metrics = OutsideMetrics()
    payments = await open_payments(metrics, attempts=1, attempt_seconds=1.0, concurrency=2, queue=3)

    outcomes = await asyncio.gather(
        *(payments.charge(f"{names}-{n}", 1, "EUR", order_id=names) for n in range(20)),
    )

    put_off = [outcome for outcome in outcomes if isinstance(outcome, Unknown) and not outcome.asked]
    assert len(put_off) == 15
    assert counted(metrics, "bulkhead_refused") == 15
    assert counted(metrics, "bulkhead_places", state="in_use") == 0


async def test_calls_are_at_least_as_many_as_captures_and_keys_have_one_each(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    """Many orders, every fault by chance; asked until it is definite. The provider's books then agree with ours."""
    faults = ["lost_reply", "error_before", "error_after", "cut", "wrong_key", "wrong_amount", "truncated", "decline"]
    provider.go_wrong(*({"fault": fault, "probability": 0.06} for fault in faults), seed=7)
    payments = await open_payments(breaker=Breaker(failures=10_000))

    async def charged(number: int) -> int:
        key = f"{names}-{number}"
        outcome = await payments.charge(key, 100 + number, "EUR", order_id=key)
        while isinstance(outcome, Unknown):
            outcome = await payments.charge(key, 100 + number, "EUR", order_id=key)
        assert not isinstance(outcome, Rejected), outcome
        return outcome.amount if isinstance(outcome, Charged) else 0

    ours = await asyncio.gather(*(charged(number) for number in range(200)))

    rows = [row for row in provider.effects("charge") if row["key"].startswith(names)]
    assert len(rows) == len({row["key"] for row in rows}) == 200
    assert sum(ours) == sum(row["amount"] for row in rows if row["status"] == "captured")
    assert 0 in ours
    calls = [call for call in provider.calls("charge") if call["key"].startswith(names)]
    assert len(calls) > 200
    assert {call["fault"] for call in calls} >= set(faults)


async def test_without_an_address_one_sentence_says_what_to_set() -> None:
    with pytest.raises(Misconfigured, match="set ORDERS_PAYMENTS__URL"):
        async with open_payment_gateway(PaymentSettings(), OutsideMetrics()):
            pass


def test_what_can_not_be_begun_is_one_sentence_and_status_2(provider: PaymentProvider, tmp_path: Path) -> None:
    port = provider.address.rpartition(":")[2]
    (tmp_path / "garbage").write_text("This is a letter, and no ledger. " * 100)
    for service, arguments, words in [
        ("payments", ["--port", port, "--ledger", str(tmp_path / "a")], "is taken by another program"),
        ("carrier", ["--ledger", str(provider.ledger_file)], "is the ledger of payments, not of carrier"),
        ("carrier", ["--ledger", str(tmp_path / "garbage")], "file is not a database"),
    ]:
        answer = subprocess.run(
            [sys.executable, "-m", "outside_world", service, *arguments], capture_output=True, text=True, timeout=60
        )
        assert answer.returncode == 2
        assert words in answer.stderr
        assert len(answer.stderr.splitlines()) == 1


def test_the_ledger_only_grows(provider: PaymentProvider) -> None:
    with closing(sqlite3.connect(provider.ledger_file)) as connection:
        assert connection.execute("SELECT count(*) FROM effects").fetchone()[0] > 0
        for statement in ("UPDATE effects SET amount = 0", "DELETE FROM effects"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                connection.execute(statement)


def counted(metrics: OutsideMetrics, name: str, **labels: str) -> float:
    registry: CollectorRegistry = metrics.registry
    found = [
        sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == f"orderloom_outside_{name}" and labels.items() <= sample.labels.items()
    ]
    return sum(found)
