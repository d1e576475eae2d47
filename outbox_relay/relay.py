"""One relay process: it waits until it is the one that leads, leads as long as it may, and waits again."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Final

from eventing.errors import OrderloomError, Unavailable
from eventing.leases import LeadershipLost, LeaseKeeper, Tenure
from outbox_relay.leading import Leading
from outbox_relay.ledger import Ledger
from outbox_relay.pulse import Pulse

LOOK_SECONDS: Final = 1.0
TROUBLE_SECONDS: Final = 10.0
"""How long something may stand in the way before health turns red."""


class NobodyLeads(OrderloomError):
    """No relay leads, so nothing is published."""


class PublishingStands(OrderloomError):
    """The leader can't publish."""


class Relay:
    def __init__(self, keeper: LeaseKeeper, ledger: Ledger, lead: Callable[[Tenure], Leading], pulse: Pulse) -> None:
        self._keeper = keeper
        self._ledger = ledger
        self._lead = lead
        self._pulse = pulse

    def run(self, stop: Event) -> None:
        """Until told to stop; then what is under way arrives and the lease is given up at once."""
        self._keeper.start()
        try:
            while not stop.is_set():
                tenure = self._keeper.wait_for_tenure(LOOK_SECONDS)
                if tenure is None:
                    self._look_on()
                elif tenure.holds():
                    self._serve(tenure, stop)
                else:
                    stop.wait(0.05)  # the keeper is about to notice as well
        finally:
            self._keeper.stop()

    def leadership(self) -> str:
        """Who leads, in words. Raises `NobodyLeads`."""
        if self._pulse.epoch is not None:
            return f"leads in epoch {self._pulse.epoch}"
        if (leader := self._keeper.leader()) is None:
            raise NobodyLeads
        return f"waits while {leader.holder} leads"

    def publishing(self) -> str | None:
        if self._pulse.epoch is None:
            return None
        if self._pulse.seconds_in_trouble() > TROUBLE_SECONDS:
            raise PublishingStands(self._pulse.error)
        return self._pulse.error

    def _serve(self, tenure: Tenure, stop: Event) -> None:
        self._pulse.leads(tenure.epoch)
        try:
            self._lead(tenure).run(stop)
        except LeadershipLost as lost:
            self._pulse.trip(lost)
        finally:
            self._pulse.leads_no_more()

    def _look_on(self) -> None:
        """What is known of a relay that leads elsewhere, for the metrics."""
        try:
            self._pulse.told(self._ledger.standing())
        except Unavailable as error:
            self._pulse.trip(error)
