"""Each takes one mechanism out. The model has to notice, or the mechanism, or the model, is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from event_schemas.inventory.released import InventoryReleased
from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.order.placed import OrderPlaced
from event_schemas.payment.refunded import PaymentRefunded
from event_schemas.payment.requested import PaymentRequested
from event_schemas.payment.revoked import PaymentRevoked
from event_schemas.shipping.label_voided import ShippingLabelVoided
from event_schemas.shipping.requested import ShippingRequested
from event_schemas.shipping.revoked import ShippingRevoked
from saga_choreography.outcomes import Outcome
from saga_choreography.outside import Charged, Declined, Refused
from saga_choreography.participant import Answered, Heard, Participant
from tests.support.saga.ledger import Kept, Moved, Snapshot
from tests.support.saga.running import Asker, Consumer, Loaded
from tests.support.saga.world import PARTICIPANTS, World

Evolve = Callable[[Any, Any], Any]
Decide = Callable[[Any, Any], Sequence[Any]]


def changed(name: str, change: Callable[[Participant], Participant], base: type[World] = World) -> type[World]:
    participants = {**base.participants, name: change(base.participants[name])}
    return type(f"With another {name}", (base,), {"participants": participants})


def forgetting(forgotten: Callable[[Any], bool]) -> Callable[[Participant], Participant]:
    """Says an event, and does not know of it afterwards."""

    def change(participant: Participant) -> Participant:
        decider = participant.decider
        evolve: Evolve = lambda state, event: state if forgotten(event) else decider.evolve(state, event)  # noqa: E731
        return replace(participant, decider=replace(decider, evolve=evolve))

    return change


def deciding(decide: Callable[[Decide, Any, Any], Sequence[Any]]) -> Callable[[Participant], Participant]:
    def change(participant: Participant) -> Participant:
        decider = participant.decider
        return replace(
            participant,
            decider=replace(decider, decide=lambda asked, state: decide(decider.decide, asked, state)),
        )

    return change


def blindly(decide: Decide, asked: Any, state: Any) -> Sequence[Any]:
    """Begins its step without a glance at whether the order goes back already."""
    if isinstance(asked, Heard) and "order" in asked.seen:
        told = tuple(e for e in asked.seen["order"] if isinstance(e, OrderPlaced | OrderDeliveryAddressChanged))
        asked = replace(asked, seen={"order": told})
    return decide(asked, state)


def hasty_undo(decide: Decide, asked: Any, state: Any) -> Sequence[Any]:
    """Calls it undone although the provider hasn't said yet whether there was a charge."""
    events = decide(asked, state)
    if any(isinstance(event, PaymentRevoked) for event in events):
        order_id = events[0].order_id
        return [PaymentRefunded(order_id=order_id, amount=0, currency="EUR", provider_reference="")]
    return events


def content_with_any_amount(decide: Decide, asked: Any, state: Any) -> Sequence[Any]:
    if isinstance(asked, Answered) and isinstance(asked.outcome, Charged):
        intent: Any = asked.intent
        asked = replace(asked, outcome=replace(asked.outcome, amount=intent.amount, currency=intent.currency))
    return decide(asked, state)


def late_success_kept(decide: Decide, asked: Any, state: Any) -> Sequence[Any]:
    """Takes the money of an order that is on its way back, and leaves it at that."""
    events = decide(asked, state)
    return events[:1] if isinstance(asked, Answered) else events


def reserving_again(decide: Decide, asked: Any, state: Any) -> Sequence[Any]:
    """Relies on hearing everything once."""
    again = isinstance(asked, Heard) and isinstance(asked.event, OrderPlaced)
    return decide(asked, PARTICIPANTS["inventory"].decider.initial if again else state)


class ReadModifyWrite(World):
    """Reads the level, and writes what it has made of it."""

    def lock_levels(self, holder: object, loaded: Loaded, heard: Sequence[Kept]) -> bool:
        loaded.levels = {sku: self.ledger.levels[sku] for sku in loaded.skus(heard)}
        return True

    def move_levels(self, loaded: Loaded) -> None:
        self.ledger.levels.update(loaded.levels)


class PositionFirst(World):
    """Moves its position in one transaction and keeps the effect in the next."""

    def commit_heard(self, consumer: Consumer, loaded: Loaded) -> None:
        self.demand_mark(consumer)
        self.move_mark(consumer)
        self.ledger.demand(loaded.writes())
        if not self.healed and self.rng.random() < self.faults.crashes:
            raise Moved("mark")
        self.keep(loaded, consumer.name)


class StockApart(World):
    """Moves the stock in one transaction and appends the events in the next."""

    def commit_heard(self, consumer: Consumer, loaded: Loaded) -> None:
        self.demand_mark(consumer)
        self.ledger.demand(loaded.writes())
        if loaded.moves and not self.healed and self.rng.random() < self.faults.crashes:
            self.move_levels(loaded)
            raise Moved("mark")
        super().commit_heard(consumer, loaded)


class TimeoutIsDecline(World):
    def on_timeout(self, intent: Any) -> Outcome | None:
        if isinstance(intent, PaymentRequested):
            return Declined("timeout")
        return Refused("timeout") if isinstance(intent, ShippingRequested) else None


class BlindEnd(World):
    """The order's end is appended whatever has come into its stream meanwhile."""

    def commit_heard(self, consumer: Consumer, loaded: Loaded) -> None:
        if consumer.participant.name != "order":
            super().commit_heard(consumer, loaded)
            return
        self.demand_mark(consumer)
        self.move_mark(consumer)
        self.keep(loaded, consumer.name)


class BlindAnswer(World):
    """The answer is appended whatever has come into the stream meanwhile."""

    def commit_answer(self, asker: Asker, read: Snapshot, events: Sequence[Any]) -> None:
        self.ledger.append([(read, events)], asker.name)


class GlanceNotNamed(World):
    """What was looked at, such as the address, is not named in the append."""

    def commit_heard(self, consumer: Consumer, loaded: Loaded) -> None:
        loaded.looked.clear()
        super().commit_heard(consumer, loaded)


class AnotherKey(World):
    """Each attempt asks under a key of its own."""

    def provider_key(self, intent: Any) -> str:
        return f"{intent.provider_key}/{self.rng.random()}"


WITHOUT_A_GLANCE = changed("shipping", deciding(blindly), changed("payment", deciding(blindly)))
"""No mutant: the glance saves asking, and nothing rests on it. It is taken out to see what does."""


def _is_tombstone(event: Any) -> bool:
    match event:
        case InventoryReleased():
            return not event.lines
        case PaymentRefunded():
            return not event.amount
        case ShippingLabelVoided():
            return not event.tracking_number
    return False


MUTANTS: Final[Mapping[str, type[World]]] = {
    "no tombstone of inventory": changed("inventory", forgetting(_is_tombstone)),
    "no tombstone of payment": changed("payment", forgetting(_is_tombstone), WITHOUT_A_GLANCE),
    "no tombstone of shipping": changed("shipping", forgetting(_is_tombstone), WITHOUT_A_GLANCE),
    "stock read, modified, written": ReadModifyWrite,
    "position moved before the effect": PositionFirst,
    "stock moved apart from the events": StockApart,
    "timeout treated as decline": TimeoutIsDecline,
    "undoing an open charge forgotten": changed("payment", forgetting(lambda e: isinstance(e, PaymentRevoked))),
    "undoing an open label forgotten": changed("shipping", forgetting(lambda e: isinstance(e, ShippingRevoked))),
    "open charge called undone": changed("payment", deciding(hasty_undo)),
    "late success kept": changed("payment", deciding(late_success_kept)),
    "wrong amount taken for success": changed("payment", deciding(content_with_any_amount)),
    "a key for each attempt": AnotherKey,
    "order ended at any version": BlindEnd,
    "answer appended at any version": BlindAnswer,
    "glance not named in the append": GlanceNotNamed,
    "reserved as often as heard": changed("inventory", deciding(reserving_again)),
}
