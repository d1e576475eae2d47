"""Whoever runs the participants: consumers that hear, and askers that ask the outside world.

Each turn is one step between two points at which the process may die. What it does in one turn is one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventing.errors import Refusal
from saga_choreography.participant import Answered, Heard, Participant
from tests.support.saga.ledger import Kept, Moved, Snapshot, Write
from tests.support.saga.outside import Call

if TYPE_CHECKING:
    from tests.support.saga.world import World


class Loaded:
    """The streams that a transaction has read, and what it is about to add to them."""

    def __init__(self, world: World, participant: Participant, heard: Sequence[Kept]) -> None:
        ledger = world.ledger
        self.reactions = world.reactions
        self.participant = participant
        self.own = {kept.key: ledger.read(participant.category, kept.key) for kept in heard}
        self.states = {key: participant.decider.fold(read.events) for key, read in self.own.items()}
        self.seen: dict[tuple[str, str], Snapshot] = {}
        for kept in heard:
            for category in participant.hears[type(kept.event)].looks_at:
                self.seen[category, kept.key] = ledger.read(category, kept.key)
        self.new: dict[str, list[Any]] = {}
        self.looked: set[tuple[str, str]] = set()
        self.moves: Counter[str] = Counter()
        self.levels: dict[str, int] = {}

    def skus(self, heard: Sequence[Kept]) -> list[str]:
        stock = self.participant.stock
        assert stock is not None
        return sorted({sku for kept in heard for sku in stock.skus(kept.event, self.states[kept.key])})

    def hear(self, kept: Kept) -> None:
        looks_at = self.participant.hears[type(kept.event)].looks_at
        seen = {category: self.seen[category, kept.key].events for category in looks_at}
        if self._decide(kept.key, Heard(kept.event, seen, self.levels)):
            self.looked.update((category, kept.key) for category in looks_at)

    def _decide(self, key: str, heard: Heard) -> Sequence[Any]:
        events: Sequence[Any] = self.participant.decider.decide(heard, self.states[key])
        self.states[key] = self.participant.decider.fold(events, self.states[key])
        self.new.setdefault(key, []).extend(events)
        self.reactions.update((self.participant.name, type(heard.event), type(event)) for event in events)
        if self.participant.stock is not None:
            for event in events:
                for sku, delta in self.participant.stock.moves(event).items():
                    self.levels[sku] = self.levels.get(sku, 0) + delta
                    self.moves[sku] += delta
        return events

    def writes(self) -> list[Write]:
        writes: list[Write] = [(self.own[key], events) for key, events in self.new.items() if events]
        return writes + [(self.seen[place], ()) for place in sorted(self.looked)]


class Consumer:
    """One member of a participant's group, with one partition. Two may believe that it is theirs."""

    def __init__(self, world: World, participant: Participant, partition: int, name: str) -> None:
        self.world = world
        self.participant = participant
        self.partition = partition
        self.name = name
        self.crash()

    def crash(self) -> None:
        """All that is in memory is gone; it begins where the database says."""
        ledger = self.world.ledger
        ledger.unlock(self)
        self.mark = ledger.marks.get((self.participant.name, self.partition), (0, 0))
        self.next = self.mark
        self.batch: list[Kept] = []
        self.loaded: Loaded | None = None

    @property
    def idle(self) -> bool:
        return self.next == self.mark and self.mark[0] == len(self.world.topic[self.partition])

    def turn(self) -> bool:
        if self.next == self.mark:
            return self._take()
        if self.loaded is None:
            return self._load()
        return self._commit()

    def _take(self) -> bool:
        offset, position = self.mark
        messages = self.world.topic[self.partition][offset : offset + self.world.batch()]
        if not messages:
            return False
        fresh = [kept for kept in messages if not self.world.filters or kept.position > position]
        heard = [kept for kept in fresh if type(kept.event) in self.participant.hears]
        self.batch = self.world.set_aside(self.participant, heard)
        self.next = offset + len(messages), max(position, *(kept.position for kept in messages))
        return True

    def _load(self) -> bool:
        loaded = Loaded(self.world, self.participant, self.batch)
        if self.participant.stock is not None and not self.world.lock_levels(self, loaded, self.batch):
            return False
        self.loaded = loaded
        return True

    def _commit(self) -> bool:
        loaded = self.loaded
        assert loaded is not None
        for kept in self.batch:
            loaded.hear(kept)
        self.loaded = None
        try:
            self.world.commit_heard(self, loaded)
        except Moved as moved:
            self.world.note("     %s begins anew: %s", self.name, moved)
            self.world.ledger.unlock(self)
            if moved.args[0] == "mark":
                self.crash()
            return True
        self.world.ledger.unlock(self)
        self.mark = self.next
        self.batch = []
        return True


class Asker:
    """Asks about one open intent at a time, until the answer is definite."""

    def __init__(self, world: World, participant: Participant, name: str) -> None:
        self.world = world
        self.participant = participant
        self.name = name
        self.crash()

    def crash(self) -> None:
        self.call: Call | None = None
        self.answer: Answered | None = None
        self.read: Snapshot | None = None
        self.again = False

    @property
    def idle(self) -> bool:
        return self.call is None and self.answer is None and not self.world.open[self.participant.name]

    def turn(self) -> bool:
        if self.answer is not None:
            return self._keep(self.answer)
        if self.call is not None:
            return self._wait(self.call)
        return self._ask()

    def _ask(self) -> bool:
        waiting = self.world.open[self.participant.name]
        if not waiting:
            return False
        intent = self.world.rng.choice([*waiting.values()])
        self.call = Call(intent, self.world.provider_key(intent))
        self.world.outside.on_their_way.append(self.call)
        self.world.note("     %s asks: %s", self.name, self.call.key)
        return True

    def _wait(self, call: Call) -> bool:
        if call.reply is None and not self.world.gives_up():
            return False
        self.call = None
        if call.reply is None or self.world.loses_reply():
            self.world.note("     %s is not answered: %s", self.name, call.key)
            outcome = self.world.on_timeout(call.intent)
        else:
            outcome = call.reply
        self.answer = None if outcome is None else Answered(call.intent, outcome)
        return True

    def _keep(self, answer: Answered) -> bool:
        """Loads in one turn and keeps it in another, so that somebody may come between."""
        intent: Any = answer.intent
        if self.read is None:
            self.read = self.world.ledger.read(self.participant.category, intent.order_id)
            return True
        read, self.read = self.read, None
        decider = self.participant.decider
        try:
            events = decider.decide(answer, decider.fold(read.events))
            self.world.commit_answer(self, read, events)
            name = self.participant.name
            self.world.reactions.update((name, type(answer.intent), type(event)) for event in events)
        except Moved:
            return True
        except Refusal as refusal:
            self.world.note("     %s is told nonsense: %s", self.name, refusal)
        self.again = not self.again and self.world.repeats()
        if not self.again:
            self.answer = None
        return True
