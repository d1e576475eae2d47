"""One seed: orders, everybody who works on them, and everything that goes wrong; then it heals, and must come to rest.

What a mutant takes out is a method here, or a participant. Everything random comes from the one generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from event_schemas.order.placed import OrderPlaced
from event_schemas.values import Address, OrderLine
from eventing.discovery import values_of
from saga_choreography import participants as package
from saga_choreography.outcomes import Outcome
from saga_choreography.participant import Participant
from tests.support.saga import asking
from tests.support.saga.asking import Command
from tests.support.saga.balance import balance
from tests.support.saga.faults import Faults
from tests.support.saga.ledger import Kept, Ledger, Moved, Snapshot
from tests.support.saga.oracle import Broken, Oracle
from tests.support.saga.outside import Outside
from tests.support.saga.running import Asker, Consumer, Loaded

PARTICIPANTS = {found.name: found for found in values_of(package, Participant)}
PARTITIONS = 2
HOME = Address(recipient="Ada", street="1 Analytical Way", postal_code="10115", city="Berlin", country="DE")
STEPS = 420
REST = 4000
"""Rounds after which an order that is still not at rest never will be."""


class World:
    participants = PARTICIPANTS
    drawn = Faults.drawn

    def __init__(self, seed: int, note: Callable[..., None] | None = None) -> None:
        self.rng = random.Random(seed)
        self.note: Callable[..., None] = note or _silent
        self.faults = type(self).drawn(self.rng)
        self.filters = self.rng.random() < 0.5
        stock = {"A": self.rng.randint(0, 8), "B": self.rng.randint(0, 8)}
        self.oracle = Oracle(stock)
        self.ledger = Ledger(stock, self._watch, self.note)
        self.topic: list[list[Kept]] = [[] for _ in range(PARTITIONS)]
        self.published = 0
        self.outside = Outside(self.faults.nature, self.rng)
        self.open: dict[str, dict[tuple[str, type], Any]] = {name: {} for name in self.participants}
        self.aside: list[tuple[Participant, Kept]] = []
        self.commands: list[Command] = []
        self.orders = [self._order(number) for number in range(self.rng.randint(1, 4))]
        self.placed: list[str] = []
        self.reactions: set[tuple[str, type, type]] = set()
        """Who has said what on hearing what, or on being answered what it had asked."""
        self.healed = False
        self._members()

    def _members(self) -> None:
        self.consumers: list[Consumer] = []
        self.askers: list[Asker] = []
        for name, participant in self.participants.items():
            for partition in range(PARTITIONS):
                for member in "ab" if self.rng.random() < self.faults.zombies else "a":
                    self.consumers.append(Consumer(self, participant, partition, f"{name}/{partition}{member}"))
            if participant.intents:
                self.askers += [Asker(self, participant, f"{name} asker {member}") for member in "ab"]
        self.actors: list[Consumer | Asker] = [*self.consumers, *self.askers]

    def _order(self, number: int) -> OrderPlaced:
        skus = self.rng.sample("AB", self.rng.randint(1, 2)) + self.rng.sample("AB", self.rng.randint(0, 1))
        lines = tuple(OrderLine(sku=sku, name=sku, quantity=self.rng.randint(1, 2), unit_price=100) for sku in skus)
        return OrderPlaced(
            order_id=f"o{number}",
            customer_id="ada",
            customer_name="Ada",
            customer_email="ada@example.org",
            currency="EUR",
            lines=lines,
            total=sum(line.quantity * line.unit_price for line in lines),
            delivery_address=HOME,
        )

    # What happens

    def run(self) -> None:
        for _ in range(STEPS):
            self._something()
        self.heal()
        balance(self)

    def _something(self) -> None:
        chance = self.rng.random()
        if chance < 0.12:
            self.publish(self.rng.randint(1, 6))
        elif chance < 0.20:
            self._arrival()
        elif chance < 0.25:
            self._somebody_asks()
        elif chance < 0.28:
            self._trouble()
        elif chance < 0.42:
            self.rng.choice(self.askers).turn()
        else:
            self.rng.choice(self.consumers).turn()

    def publish(self, most: int) -> None:
        for kept in self.ledger.log[self.published : self.published + most]:
            self.topic[int(kept.key[1:]) % PARTITIONS].append(kept)
            self.published += 1

    def _arrival(self) -> None:
        if self.outside.on_their_way:
            call = self.rng.choice(self.outside.on_their_way)
            self.outside.arrive(call)
            self.note("     arrived: %s, %s", call.key, call.reply)

    def _somebody_asks(self) -> None:
        if self.orders and self.rng.random() < 0.5:
            self._place()
        elif self.commands and self.rng.random() < 0.6:
            self.carry_out(self.commands.pop(self.rng.randrange(len(self.commands))))
        elif self.placed:
            ask = self.faults.asked(self.rng)
            command = ask(self, self.rng.choice(self.placed)) if ask else None
            if command is not None:
                self.commands.append(command)

    def _place(self) -> None:
        placed = self.orders.pop()
        self.ledger.append([(self.ledger.read("order", placed.order_id), [placed])], "customer")
        self.placed.append(placed.order_id)

    def carry_out(self, command: Command) -> None:
        try:
            self.ledger.demand(command.writes)
        except Moved:
            return
        self.ledger.append(command.writes, command.actor)

    def _trouble(self) -> None:
        chance = self.rng.random()
        if chance < self.faults.crashes:
            actor = self.rng.choice(self.actors)
            self.note("     %s dies", actor.name)
            actor.crash()
        elif chance < self.faults.crashes + self.faults.republishes:
            self.published -= self.rng.randint(0, min(6, self.published))
        elif self.aside and chance > 0.9:
            self._retry(self.rng.randrange(len(self.aside)))

    def _retry(self, place: int) -> None:
        """An operator has an event handled that had been set aside, whatever was handled since."""
        participant, kept = self.aside.pop(place)
        loaded = Loaded(self, participant, [kept])
        if participant.stock is not None and not self.lock_levels(loaded, loaded, [kept]):
            self.aside.append((participant, kept))
            return
        self.note("     %s is given %d again", participant.name, kept.position)
        loaded.hear(kept)
        self.keep(loaded, f"{participant.name}, late")
        self.ledger.unlock(loaded)

    def heal(self) -> None:
        """Nothing goes wrong any more. What was set aside is handled, what was thrown away the operator forces back."""
        self.healed = True
        self._rest()
        for _ in range(8):
            unfinished = [key for key in self.placed if not self.oracle.accounts[key].end]
            if not unfinished:
                return
            if not self.faults.discards:
                raise Broken(f"never ends: {unfinished}")
            for key in unfinished:
                command = asking.force(self, key)
                if command is not None:
                    self.carry_out(command)
            self._rest()
        raise Broken("never ends, even when it is forced")

    def _rest(self) -> None:
        for _ in range(REST):
            while self.orders:
                self._place()
            while self.commands:
                self.carry_out(self.commands.pop())
            for _ in range(len(self.aside)):
                self._retry(0)
            self.publish(1000)
            while self.outside.on_their_way:
                self.outside.arrive(self.outside.on_their_way[0])
            busy = [actor.turn() for actor in self.actors]
            if not any(busy) and self.published == len(self.ledger.log):
                return
        raise Broken("it never comes to rest")

    # What a turn may do; a mutant changes these

    def batch(self) -> int:
        return self.rng.randint(1, 5)

    def set_aside(self, participant: Participant, heard: list[Kept]) -> list[Kept]:
        kept = []
        for message in heard:
            chance = 1.0 if self.healed else self.rng.random()
            if chance < self.faults.discards:
                self.note("     %s never hears %d", participant.name, message.position)
            elif chance < self.faults.discards + self.faults.late:
                self.note("     %s doesn't hear %d for now", participant.name, message.position)
                self.aside.append((participant, message))
            else:
                kept.append(message)
        return kept

    def lock_levels(self, holder: object, loaded: Loaded, heard: Sequence[Kept]) -> bool:
        skus = loaded.skus(heard)
        if not self.ledger.lock(skus, holder):
            return False
        loaded.levels = {sku: self.ledger.levels[sku] for sku in skus}
        return True

    def commit_heard(self, consumer: Consumer, loaded: Loaded) -> None:
        self.demand_mark(consumer)
        self.ledger.demand(loaded.writes())
        self.move_mark(consumer)
        self.keep(loaded, consumer.name)

    def demand_mark(self, consumer: Consumer) -> None:
        if self.ledger.marks.get((consumer.participant.name, consumer.partition), (0, 0)) != consumer.mark:
            raise Moved("mark")

    def move_mark(self, consumer: Consumer) -> None:
        self.ledger.marks[consumer.participant.name, consumer.partition] = consumer.next

    def keep(self, loaded: Loaded, actor: str) -> None:
        self.move_levels(loaded)
        self.ledger.append(loaded.writes(), actor)
        if loaded.participant.stock is not None and self.ledger.levels != dict(self.oracle.free):
            raise Broken(f"the levels say {self.ledger.levels}, the events {self.oracle.free}")

    def move_levels(self, loaded: Loaded) -> None:
        for sku, delta in loaded.moves.items():
            self.ledger.levels[sku] += delta

    def commit_answer(self, asker: Asker, read: Snapshot, events: Sequence[Any]) -> None:
        self.ledger.demand([(read, events)])
        self.ledger.append([(read, events)], asker.name)

    def provider_key(self, intent: Any) -> str:
        key: str = intent.provider_key
        return key

    def gives_up(self) -> bool:
        return not self.healed and self.rng.random() < self.faults.timeouts

    def loses_reply(self) -> bool:
        return not self.healed and self.rng.random() < self.faults.lost_replies

    def repeats(self) -> bool:
        return not self.healed and self.rng.random() < self.faults.repeats

    def on_timeout(self, _intent: Any) -> Outcome | None:
        """No answer is no answer: it is asked again."""
        return None

    # What must hold

    def _watch(self, kept: Kept) -> None:
        self.oracle.watch(kept)
        for name, participant in self.participants.items():
            if participant.category == kept.category and participant.intents:
                waiting = self.open[name]
                for intent, spec in participant.intents.items():
                    if type(kept.event) in spec.closed_by:
                        waiting.pop((kept.key, intent), None)
                if type(kept.event) in participant.intents:
                    waiting[kept.key, type(kept.event)] = kept.event


def _silent(*_: object) -> None:
    pass
