"""What a relay knows of itself, and when its health turns red."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any, cast

import pytest

from eventing.errors import Unavailable
from eventing.leases import Lease
from outbox_relay.ledger import Standing
from outbox_relay.pulse import RATE_SECONDS, Pulse
from outbox_relay.relay import TROUBLE_SECONDS, NobodyLeads, PublishingStands, Relay

ALL_PUBLISHED, BEHIND = Standing(9, 9, 0, 0.0), Standing(7, 9, 2, 3.5)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Keeper:
    def __init__(self, leader: Lease | None) -> None:
        self._leader = leader

    def leader(self) -> Lease | None:
        return self._leader


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pulse(clock: Clock) -> Pulse:
    return Pulse(clock)


def relay_of(pulse: Pulse, leader: Lease | None = None) -> Relay:
    nothing = cast(Callable[..., Any], Event)
    return Relay(cast(Any, Keeper(leader)), cast(Any, None), nothing, pulse)


def test_a_steady_rate_is_told_as_it_is_and_fades_when_nothing_comes(pulse: Pulse, clock: Clock) -> None:
    pulse.leads(1)
    for second in range(1, 61):
        clock.now += 1
        pulse.moved((second - 1) * 200, second * 200)
        pulse.measure()
    assert pulse.rate == pytest.approx(200, rel=0.01)

    for _ in range(int(6 * RATE_SECONDS)):
        clock.now += 1
        pulse.measure()
    assert pulse.rate < 1


def test_who_leads_no_more_publishes_nothing(pulse: Pulse, clock: Clock) -> None:
    pulse.leads(3)
    clock.now += 1
    pulse.moved(0, 500)
    assert pulse.measure() > 0

    pulse.leads_no_more()

    assert (pulse.epoch, pulse.rate, pulse.published, pulse.tenures) == (None, 0.0, 500, 1)


def test_one_trouble_counts_once_however_often_it_is_met(pulse: Pulse) -> None:
    for words in ("Kafka is away", "Kafka is away", "Postgres is away"):
        pulse.trip(Unavailable(words))
    assert (pulse.failures, pulse.error) == (2, "Postgres is away")

    pulse.moved(1, 2)
    assert pulse.error is None


@pytest.mark.parametrize(("standing", "over"), [(ALL_PUBLISHED, True), (BEHIND, False)])
def test_a_trouble_is_over_when_nothing_is_left_to_publish(pulse: Pulse, standing: Standing, over: bool) -> None:
    pulse.trip(Unavailable("Kafka is away"))
    pulse.told(standing)
    assert (pulse.error is None) is over


def test_health_is_red_when_it_does_not_lead_and_nobody_else_does(pulse: Pulse) -> None:
    with pytest.raises(NobodyLeads):
        relay_of(pulse).leadership()

    assert relay_of(pulse, Lease("other:1", 4, 2.0)).leadership() == "waits while other:1 leads"
    pulse.leads(5)
    assert relay_of(pulse).leadership() == "leads in epoch 5"


def test_health_is_red_when_the_leader_has_not_been_able_to_publish_for_a_while(pulse: Pulse, clock: Clock) -> None:
    pulse.leads(1)
    pulse.trip(Unavailable("Kafka is away"))
    clock.now += TROUBLE_SECONDS - 1
    pulse.trip(Unavailable("Kafka is away"))
    assert relay_of(pulse).publishing() == "Kafka is away"

    clock.now += 2
    with pytest.raises(PublishingStands, match="Kafka is away"):
        relay_of(pulse).publishing()

    pulse.moved(1, 2)
    assert relay_of(pulse).publishing() is None
