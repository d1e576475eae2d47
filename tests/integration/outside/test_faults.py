"""Each fault with each operation, against the real services: what the platform is told, and what then really happened.

The first attempt meets the fault. Where it may be tried again within the question, the answer is definite in spite of
it; where it may not, the answer is Unknown or Rejected, never a decline, and asking again makes it definite. In the
ledger stands one effect, whatever happened on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from event_schemas.values import Address
from eventing.breaker import Breaker
from saga_choreography.gateways.carrier import HttpCarrier
from saga_choreography.gateways.payments import HttpPaymentGateway
from saga_choreography.outside import Charged, LabelCreated, NotFound, Refunded, Refunding, Rejected, Unknown, Voided
from tests.integration.outside.conftest import HASTY, OpenPayments
from tests.support.outside import CarrierService, OutsideService, PaymentProvider

ADDRESS = Address(
    recipient="Ada Lovelace", street="12 St James's Square", postal_code="SW1Y 4JH", city="London", country="GB"
)

ANSWERED_ALL_THE_SAME: dict[str, dict[str, Any]] = {
    "delay": {"fault": "delay", "ms": 50},
    "late": {"fault": "late", "ms": 50},
    "late, when we have given up": {"fault": "late", "ms": 1300},
    "hang": {"fault": "hang"},
    "hang after the effect": {"fault": "hang_after"},
    "cut before the effect": {"fault": "cut"},
    "reply lost after the effect": {"fault": "lost_reply"},
    "cut amid the answer": {"fault": "cut_answer"},
    "500 before the effect": {"fault": "error_before"},
    "500 after the effect": {"fault": "error_after"},
    "502": {"fault": "error_after", "status": 502},
    "503": {"fault": "error_before", "status": 503},
    "429": {"fault": "rate_limited", "retry_after": 0},
    "another key in the answer": {"fault": "wrong_key"},
}
NOT_YET: dict[str, dict[str, Any]] = {
    "504": {"fault": "error_after", "status": 504},
    "HTML": {"fault": "html"},
    "half a document": {"fault": "truncated"},
    "an answer without an end": {"fault": "huge"},
    "a redirect": {"fault": "redirect"},
    "429 for longer than we can wait": {"fault": "rate_limited", "retry_after": 60},
}
OUR_MISTAKE: dict[str, dict[str, Any]] = {
    f"{status} {'after' if after else 'before'} the effect": {
        "fault": "error_after" if after else "error_before",
        "status": status,
    }
    for status in (400, 401, 403, 404, 409, 422)
    for after in (False, True)
}
WRONG_MONEY = {
    "another amount in the answer": {"fault": "wrong_amount"},
    "another currency in the answer": {"fault": "wrong_currency"},
}


class Deed:
    """One of the four things that can be asked for, under a key of this test."""

    def __init__(self, service: OutsideService, operation: str, key: str, ask: Callable[[], Awaitable[Any]]) -> None:
        self.service = service
        self.operation = operation
        self.key = key
        self.ask = ask

    def goes_wrong(self, rule: dict[str, Any], **more: Any) -> None:
        self.service.go_wrong({"operation": self.operation, "key": self.key, "first": 1, **rule, **more})

    def effects(self) -> int:
        return sum(row["key"] == self.key for row in self.service.effects(self.operation))

    def calls(self) -> int:
        return len(self.service.calls(self.operation, self.key))


DONE = {"charge": Charged, "refund": Refunded, "book": LabelCreated, "void": Voided}


@pytest.fixture(params=["charge", "refund", "book", "void"])
async def deed(
    request: pytest.FixtureRequest,
    provider: PaymentProvider,
    payments: HttpPaymentGateway,
    carrier_service: CarrierService,
    carrier: HttpCarrier,
    names: str,
) -> Deed:
    key = f"{names}:{request.param}"
    match request.param:
        case "charge":
            return Deed(provider, "charge", key, lambda: payments.charge(key, 1300, "EUR", order_id=names))
        case "refund":
            taken = await payments.charge(f"{names}:charge", 1300, "EUR", order_id=names)
            assert isinstance(taken, Charged)
            reference = taken.reference
            return Deed(provider, "refund", key, lambda: payments.refund(key, reference, 1300, "EUR"))
        case "book":
            return Deed(carrier_service, "book", key, lambda: carrier.book(key, ADDRESS, order_id=names))
    booked = await carrier.book(f"{names}:book", ADDRESS, order_id=names)
    assert isinstance(booked, LabelCreated)
    number = booked.tracking_number
    return Deed(carrier_service, "void", key, lambda: carrier.void(key, number))


@pytest.mark.parametrize("patience", [HASTY], ids=["hasty"])
@pytest.mark.parametrize("fault", ANSWERED_ALL_THE_SAME)
async def test_the_answer_is_definite_in_spite_of(deed: Deed, fault: str) -> None:
    deed.goes_wrong(ANSWERED_ALL_THE_SAME[fault])

    outcome = await deed.ask()

    assert isinstance(outcome, DONE[deed.operation]), outcome
    # then it happened once, and whoever asks later hears the same
    assert await deed.ask() == outcome
    assert deed.effects() == 1
    assert deed.calls() >= 2


@pytest.mark.parametrize("fault", NOT_YET)
async def test_the_outcome_is_unknown_and_not_asked_again_at_once(deed: Deed, fault: str) -> None:
    deed.goes_wrong(NOT_YET[fault])

    outcome = await deed.ask()

    assert isinstance(outcome, Unknown), outcome
    assert outcome.asked
    assert outcome.retry_after > 0
    assert deed.calls() == 1
    # when asked later, it is definite
    assert isinstance(await deed.ask(), DONE[deed.operation])
    assert deed.effects() == 1


@pytest.mark.parametrize("fault", OUR_MISTAKE)
async def test_what_is_our_mistake_is_never_tried_again_and_says_nothing_about_the_effect(
    deed: Deed, fault: str
) -> None:
    deed.goes_wrong(OUR_MISTAKE[fault])

    outcome = await deed.ask()

    assert isinstance(outcome, Rejected), outcome
    assert outcome.status == OUR_MISTAKE[fault]["status"]
    assert deed.calls() == 1
    # when it is put right, the same key has its one effect
    deed.service.go_right()
    assert isinstance(await deed.ask(), DONE[deed.operation])
    assert deed.effects() == 1


@pytest.mark.parametrize("fault", WRONG_MONEY)
@pytest.mark.parametrize("deed", ["charge", "refund"], indirect=True)
async def test_another_amount_is_not_believed_and_looked_up(deed: Deed, fault: str) -> None:
    deed.goes_wrong(WRONG_MONEY[fault])

    outcome = await deed.ask()

    # the ledger knew better than the answer
    assert (outcome.amount, outcome.currency) == (1300, "EUR")
    assert deed.service.calls("find", deed.key)
    assert deed.effects() == 1


@pytest.mark.parametrize("fault", WRONG_MONEY)
@pytest.mark.parametrize("deed", ["charge", "refund"], indirect=True)
async def test_an_amount_that_stays_wrong_is_unknown_and_alarming_never_taken(deed: Deed, fault: str) -> None:
    deed.goes_wrong(WRONG_MONEY[fault], operation="*", first=None)

    outcome = await deed.ask()

    assert isinstance(outcome, Unknown), outcome
    assert outcome.alarming
    assert deed.effects() == 1
    deed.service.go_right()
    assert isinstance(await deed.ask(), DONE[deed.operation])


async def test_a_refund_that_fails_nineteen_times_and_whose_reply_is_lost_is_one_refund(
    provider: PaymentProvider, open_payments: OpenPayments, names: str
) -> None:
    payments = await open_payments(breaker=Breaker(failures=100))
    taken = await payments.charge(f"{names}:charge", 1300, "EUR", order_id=names)
    assert isinstance(taken, Charged)
    provider.go_wrong(
        {"operation": "refund", "fault": "error_before", "attempts": list(range(1, 20))},
        {"operation": "refund", "fault": "lost_reply", "attempts": [20]},
    )

    questions = 0
    outcome: Refunding = Unknown("not asked so far", 0)
    while isinstance(outcome, Unknown):
        questions += 1
        outcome = await payments.refund(names, taken.reference, 1300, "EUR")

    assert isinstance(outcome, Refunded)
    assert questions == 7  # of three attempts each
    assert len(provider.calls("refund", names)) == 21
    assert len(provider.effects("refund", order_id=names)) == 1
    assert provider.balance(names) == 0


async def test_a_decline_is_definite_for_ever(
    provider: PaymentProvider, payments: HttpPaymentGateway, names: str
) -> None:
    provider.go_wrong({"operation": "charge", "fault": "decline", "code": "insufficient_funds"})
    declined = await payments.charge(names, 1300, "EUR", order_id=names)
    provider.go_right()

    assert await payments.charge(names, 1300, "EUR", order_id=names) == declined
    assert await payments.find(names) == declined
    assert provider.captured(names) == 0


async def test_what_is_not_written_is_not_found_and_a_wrong_address_is_our_mistake(
    payments: HttpPaymentGateway, provider: PaymentProvider, names: str
) -> None:
    assert await payments.find(names) == NotFound()

    provider.go_wrong({"operation": "find", "fault": "error_before", "status": 404})
    assert isinstance(await payments.find(names), Rejected)
