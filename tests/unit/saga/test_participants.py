"""What holds for every participant there is, also for one that is added tomorrow."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import event_schemas
from event_schemas.inventory.reserved import InventoryReserved
from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.payment.charged import PaymentCharged
from event_schemas.payment.requested import PaymentRequested
from event_schemas.shipping.label_created import ShippingLabelCreated
from event_schemas.shipping.requested import ShippingRequested
from eventing.catalogue import Catalogue
from eventing.discovery import values_of
from eventing.errors import Refusal
from saga_choreography import participants as package
from saga_choreography.outcomes import Outcome
from saga_choreography.outside import Charged, Declined, LabelCreated, Refunded, Refused, Voided
from saga_choreography.participant import (
    Answered,
    CompensationForced,
    DeadlinePassed,
    Heard,
    Input,
    Participant,
    derived_ids,
    open_intents,
)
from saga_choreography.way_back import entrance
from tests.support.saga import words

PARTICIPANTS = {found.name: found for found in values_of(package, Participant)}
CATALOGUE = Catalogue.discover(event_schemas)
CATEGORY = {kind.newest: kind.stream for kind in CATALOGUE}
EVENTS: list[Any] = [value for value in vars(words).values() if type(value) in CATEGORY]
EVENTS += [words.forced(name) for name in PARTICIPANTS] + [words.released(cause="payment.refunded")]
OUTCOMES: list[Outcome] = [
    Charged("ch-1", 2699, "EUR"),
    Charged("ch-1", 26, "EUR"),
    Declined("insufficient_funds"),
    Refunded("re-1", 2699, "EUR"),
    LabelCreated("Nordpost", "T-1"),
    Refused("address_unknown"),
    Voided("T-1"),
]

each = pytest.mark.parametrize("participant", PARTICIPANTS.values(), ids=PARTICIPANTS)


def heard(event: object, participant: Participant, trouble: tuple[object, ...], available: int) -> Heard:
    seen = {"order": (words.PLACED, *trouble), "shipment": ()}
    return Heard(event, seen, {"MUG": available, "PEN": available} if participant.stock else {})


@st.composite
def inputs(draw: st.DrawFn, participant: Participant) -> Input:
    """Whatever it may be told, in any order, whether or not that makes sense."""
    if participant.name == "order" and draw(st.integers(0, 3)) == 0:
        return DeadlinePassed(draw(st.sampled_from([*PARTICIPANTS])))
    intents = [event for event in EVENTS if type(event) in participant.intents]
    if intents and draw(st.integers(0, 1)) == 0:
        return Answered(draw(st.sampled_from(intents)), draw(st.sampled_from(OUTCOMES)))
    event = draw(st.sampled_from([event for event in EVENTS if type(event) in participant.hears]))
    trouble = draw(st.sampled_from([(), (words.CANCELLATION,), (words.TIMED_OUT,)]))
    return heard(event, participant, trouble, draw(st.integers(0, 3)))


def told(participant: Participant, asked: Input, state: Any) -> tuple[Any, ...]:
    try:
        return tuple(participant.decider.decide(asked, state))
    except Refusal:
        return ()


@each
@settings(max_examples=50)
@given(data=st.data())
def test_what_is_said_again_brings_nothing_about(participant: Participant, data: st.DataObject) -> None:
    decider = participant.decider
    state = decider.fold([words.PLACED]) if participant.name == "order" else decider.initial
    before: list[Input] = []
    for asked in data.draw(st.lists(inputs(participant), max_size=12)):
        state = decider.fold(told(participant, asked, state), state)
        before.append(asked)
        assert told(participant, asked, state) == ()

    # … and not either when everything since is said again, as it was said.
    begin = data.draw(st.integers(0, len(before)))
    if not participant.intents:
        assert [told(participant, asked, state) for asked in before[begin:]] == [()] * len(before[begin:])


@each
@settings(max_examples=50)
@given(data=st.data())
def test_what_is_undone_stays_undone(participant: Participant, data: st.DataObject) -> None:
    """Nothing of its step is begun any more; money or a label that turn up all the same are taken back at once."""
    decider = participant.decider
    past: list[Any] = [words.PLACED] if participant.name == "order" else []
    for asked in data.draw(st.lists(inputs(participant), max_size=12)):
        undone = participant.is_undone(past)
        events = told(participant, asked, decider.fold(past))
        if undone and events:
            assert open_intents(participant, [*past, *events]) or isinstance(events[-1], participant.undone_by)
            assert not any(isinstance(event, FORWARD) for event in events)
        past.extend(events)


FORWARD = (
    InventoryReserved,
    PaymentRequested,
    PaymentCharged,
    ShippingRequested,
    ShippingLabelCreated,
    OrderConfirmed,
)


@each
def test_it_writes_one_category_and_hears_what_there_is(participant: Participant) -> None:
    emitted = {event for reaction in participant.hears.values() for event in reaction.emits}
    for intent, what in participant.intents.items():
        emitted |= {intent, *what.closed_by, *what.and_then}

    assert {CATEGORY[event] for event in emitted} == {participant.category}
    assert participant.hears.keys() <= CATEGORY.keys()
    assert {CATALOGUE.types[kind.name].topic for kind in CATALOGUE if kind.newest in participant.hears} == {
        "order.events.v1"
    }
    assert {category for reaction in participant.hears.values() for category in reaction.looks_at} <= {
        *CATEGORY.values()
    }


@each
def test_its_step_begins_with_what_somebody_says_and_ends_with_what_it_says_itself(participant: Participant) -> None:
    assert {*participant.step.begins} <= CATEGORY.keys()
    assert {CATEGORY[event] for event in participant.step.ends} == {participant.category}
    assert participant.step.name == participant.name


def test_no_two_share_a_name_or_a_category() -> None:
    found = [*values_of(package, Participant)]

    assert len({participant.name for participant in found}) == len(found)
    assert {"inventory", "payment", "shipping", "order"} <= PARTICIPANTS.keys()
    assert len({participant.category for participant in found}) == len(found)


def test_a_repetition_makes_the_same_ids_and_another_cause_makes_others() -> None:
    cause, other = UUID(int=1), UUID(int=2)
    asked = Heard(words.RESERVED)
    ids = [*islice(derived_ids("payment", asked, cause), 3)]

    assert [*islice(derived_ids("payment", asked, cause), 3)] == ids
    assert len({*ids, *islice(derived_ids("payment", asked, other), 3)}) == 6
    assert len({*ids, *islice(derived_ids("shipping", asked, cause), 3)}) == 6


def test_answers_that_contradict_each_other_are_two_causes() -> None:
    intent = UUID(int=1)
    ids = {
        next(derived_ids("payment", Answered(words.TO_CHARGE, outcome), intent))
        for outcome in (OUTCOMES[0], OUTCOMES[2])
    }

    assert len(ids) == 2


def test_what_is_asked_on_one_cause_is_told_apart() -> None:
    """The event that forces an order back to its end is what a second forcing has seen last, and is heard as well."""
    inputs_on_it: list[Input] = [
        Heard(words.forced("order")),
        CompensationForced("still stuck", "order"),
        DeadlinePassed("order"),
        DeadlinePassed("inventory"),
    ]

    assert len({next(derived_ids("order", asked, UUID(int=1))) for asked in inputs_on_it}) == 4


@pytest.mark.parametrize(
    ("name", "past", "waiting"),
    [
        ("payment", (), []),
        ("payment", (words.TO_CHARGE,), [0]),
        ("payment", (words.TO_CHARGE, words.PAYMENT_REVOKED), [0]),
        ("payment", (words.TO_CHARGE, words.CHARGED), []),
        ("payment", (words.TO_CHARGE, words.CHARGED, words.TO_REFUND), [2]),
        ("payment", (words.TO_CHARGE, words.MISCHARGED, words.TO_REFUND, words.REFUNDED), []),
        ("shipping", (words.TO_SHIP, words.SHIPPING_REVOKED), [0]),
        ("shipping", (words.TO_SHIP, words.LABELLED, words.TO_VOID), [2]),
        ("shipping", (words.NOTHING_TO_VOID,), []),
        ("inventory", (words.RESERVED,), []),
    ],
)
def test_an_intent_is_open_until_it_is_answered(name: str, past: tuple[object, ...], waiting: list[int]) -> None:
    assert open_intents(PARTICIPANTS[name], past) == waiting


@pytest.mark.parametrize(
    ("streams", "step"),
    [
        ({}, "shipping"),
        ({"shipment": (words.TO_SHIP, words.LABELLED)}, "shipping"),
        ({"shipment": (words.TO_SHIP, words.LABELLED, words.TO_VOID)}, "shipping"),
        ({"shipment": (words.NOTHING_TO_VOID,)}, "payment"),
        ({"shipment": (words.TO_SHIP, words.REFUSED), "payment": (words.TO_CHARGE, words.CHARGED)}, "payment"),
        ({"shipment": (words.VOIDED,), "payment": (words.DECLINED,)}, "inventory"),
        ({"shipment": (words.VOIDED,), "payment": (words.REFUNDED,), "reservation": (words.RESERVED,)}, "inventory"),
        ({"shipment": (words.VOIDED,), "payment": (words.REFUNDED,), "reservation": (words.REJECTED,)}, "order"),
    ],
)
def test_the_way_back_is_entered_at_the_first_step_that_is_not_undone(streams: Any, step: str) -> None:
    assert entrance(PARTICIPANTS, streams) == step
