"""History becomes documents, whatever stretches it comes in and wherever it has to begin again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.consuming import Mark, Message, Partition, Superseded
from eventing.errors import Misconfigured
from eventing.leases import LeadershipLost
from projections.ports import ANYWHERE, UNREADABLE, Change, Footing, Outcome, Stored, ToPark
from projections.read_model import ReadModel
from projections.rebuilding.replaying import Replay
from projections.replay_ports import Stretch
from projections.wiring import read_models
from tests.support.read_models.folds import partition
from tests.support.read_models.independent import expected
from tests.support.read_models.story import Told, tell

MODELS = read_models()
LOG = tell(7, orders=12)


class Kept:
    """A store in memory that keeps the promise of the real ones: only over what it was folded from."""

    keeps_marks = True

    def __init__(self, refuses: Callable[[Change], bool] = lambda _: False) -> None:
        self.documents: dict[str, Stored] = {}
        self.marks: dict[Partition, Mark] = {}
        self.reads = 0
        self._refuses = refuses

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        self.reads += len(ids)
        return {one: self.documents[one] for one in ids if one in self.documents}

    def write(self, changes: Sequence[Change], marks: Mapping[Partition, Mark], footing: Footing = ANYWHERE) -> Outcome:
        overtaken = [one.id for one in changes if self.documents.get(one.id, Stored(0, None)).position != one.based_on]
        refused = {one.id: "It is not wanted here." for one in changes if self._refuses(one)}
        if not overtaken:
            for one in changes:
                if one.id not in refused:
                    self.documents[one.id] = Stored(one.position, None if one.body is None else orjson.loads(one.body))
            self.marks |= marks
        return Outcome(overtaken, refused)

    def shown(self) -> dict[str, Any]:
        return {one: (kept.position, kept.document) for one, kept in self.documents.items()}


class Desk:
    def __init__(self) -> None:
        self.kept: list[ToPark] = []

    def parked(self, partitions: Sequence[Partition]) -> frozenset[Any]:
        return frozenset()

    def keep(self, moves: Sequence[Any], parked: Sequence[ToPark]) -> None:
        self.kept += parked


class Originals:
    def message(self, partition: Partition, position: int) -> Message:
        return Message(partition, position, LOG[position - 1].key, b"", [])


NOBODY, ORIGINALS = Desk(), Originals()


def stretch(model: ReadModel, log: Sequence[Told]) -> Stretch:
    lines = [(model.heard_by[one.type], one.heard(), partition(one)) for one in log if one.type in model.heard_by]
    marks = {partition(one): Mark(0, log[-1].position) for one in log if one.topic in model.topics}
    return Stretch(lines, marks, len(log))


def replay(store: Kept, model: ReadModel, stretches: Sequence[Sequence[Told]], **more: Any) -> None:
    replaying = Replay(store, NOBODY, ORIGINALS, store.marks, **more)  # type: ignore[arg-type]
    for log in stretches:
        replaying.feed(stretch(model, log))
    replaying.settle()
    replaying.close()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@given(seed=st.integers(0, 2**32))
def test_stretches_of_any_length_are_the_fold_of_the_log_also_after_a_repetition(model: ReadModel, seed: int) -> None:
    chance = random.Random(seed)
    stretches, at = [], 0
    while at < len(LOG):
        until = min(len(LOG), at + chance.randrange(1, 60))
        stretches.append(LOG[at:until])
        at = until
    store = Kept()
    died_after = chance.randrange(len(stretches))
    replay(store, model, stretches[:died_after], remembered=chance.choice((1, 5, 1000)))
    began_again = chance.randrange(died_after + 1)
    replay(store, model, stretches[began_again:], remembered=chance.choice((1, 5, 1000)))

    assert store.shown() == expected(LOG)[model.name].documents


def test_a_document_that_is_remembered_is_not_read_back() -> None:
    model = next(model for model in MODELS if model.name == "order_summary")
    remembering, forgetting = Kept(), Kept()
    stretches = [LOG[at : at + 5] for at in range(0, len(LOG), 5)]
    replay(remembering, model, stretches)
    replay(forgetting, model, stretches, remembered=1)
    assert remembering.reads == len(remembering.documents)
    assert forgetting.reads > 2 * remembering.reads


def test_what_cannot_be_folded_waits_with_all_that_follows_it_and_other_keys_flow() -> None:
    model = next(model for model in MODELS if model.name == "order_summary")
    victim = LOG[-1].key
    lacking = [one for one in LOG if not (one.key == victim and one.type == "order.placed")]
    store, desk = Kept(), Desk()
    replaying = Replay(store, desk, ORIGINALS, {})  # type: ignore[arg-type]
    for at in range(0, len(lacking), 30):
        replaying.feed(stretch(model, lacking[at : at + 30]))
    replaying.settle()
    replaying.close()

    wanted = dict(expected(LOG)[model.name].documents)
    del wanted[victim]
    assert store.shown() == wanted
    waiting = [one.position for one in lacking if one.key == victim and one.type in model.heard_by]
    assert [one.position for one in desk.kept] == waiting
    assert [one.cause.code for one in desk.kept[:2]] == ["missing_predecessor", "queued_behind"]


def test_upon_what_the_store_can_not_read_nothing_is_folded_and_other_keys_flow() -> None:
    model = next(model for model in MODELS if model.name == "order_summary")
    victim, store, desk = LOG[-1].key, Kept(), Desk()
    later = heard(model, victim)[1:]
    replay(store, model, [LOG[: later[0] - 1]])
    store.documents[victim] = UNREADABLE

    replaying = Replay(store, desk, ORIGINALS, store.marks)  # type: ignore[arg-type]
    replaying.feed(stretch(model, LOG[later[0] - 1 :]))
    replaying.settle()
    replaying.close()

    wanted = expected(LOG)[model.name].documents
    assert {one: shown for one, shown in store.shown().items() if one != victim} == {
        one: shown for one, shown in wanted.items() if one != victim
    }
    assert store.documents[victim] == UNREADABLE
    assert [one.position for one in desk.kept] == later
    assert [one.cause.code for one in desk.kept[:2]] == ["unreadable", "queued_behind"]


@pytest.mark.parametrize(("length", "remembered"), [(1, 1000), (7, 1), (30, 1000), (len(LOG), 1)])
def test_a_document_that_the_store_refuses_waits_from_there_on_as_it_was_taken_last(
    length: int, remembered: int
) -> None:
    model = next(model for model in MODELS if model.name == "order_summary")
    victim = max((one for one in LOG if one.type == "order.placed"), key=lambda one: len(heard(model, one.key))).key
    of_it = heard(model, victim)
    smooth = Kept()
    replay(smooth, model, [LOG[at : at + length] for at in range(0, len(LOG), length)])
    for number, fatal in enumerate(of_it):
        store = Kept(lambda change, fatal=fatal: change.id == victim and change.position >= fatal)  # type: ignore[misc]
        desk = Desk()
        replaying = Replay(store, desk, ORIGINALS, {}, remembered=remembered)  # type: ignore[arg-type]
        for at in range(0, len(LOG), length):
            replaying.feed(stretch(model, LOG[at : at + length]))
        replaying.settle()
        replaying.close()

        wanted = {one: kept for one, kept in expected(LOG)[model.name].documents.items() if one != victim}
        before = [one for one in LOG if one.key != victim or one.position < fatal]
        wanted |= {one: kept for one, kept in expected(before)[model.name].documents.items() if one == victim}
        assert store.shown() == wanted
        assert store.marks == smooth.marks
        assert sorted(one.position or 0 for one in desk.kept) == of_it[number:]
        assert replaying.parked == len(of_it[number:])
        causes = [one.cause.code for one in sorted(desk.kept, key=lambda one: one.position or 0)]
        assert causes == ["refused_document", *["queued_behind"] * (len(causes) - 1)]


def test_a_store_that_refuses_everything_is_no_matter_of_one_document() -> None:
    model = next(model for model in MODELS if model.name == "order_summary")
    desk = Desk()
    replaying = Replay(Kept(lambda _: True), desk, ORIGINALS, {})  # type: ignore[arg-type]
    replaying.feed(stretch(model, LOG))

    with pytest.raises(Misconfigured, match="refuses all of"):
        replaying.settle()

    assert desk.kept == []
    replaying.close()


def heard(model: ReadModel, key: str) -> list[int]:
    return [one.position for one in LOG if one.key == key and one.type in model.heard_by]


@pytest.mark.parametrize("lost_after", [1, 2], ids=["before it is set aside", "before it is marked"])
def test_who_may_write_no_more_when_something_was_refused_writes_nothing_more(lost_after: int) -> None:
    """Another process took the rebuild over while this one looked which documents it was that the store refused."""
    model = next(model for model in MODELS if model.name == "order_summary")
    victim, desk, refusals = LOG[-1].key, Desk(), 0

    def refuses(change: Change) -> bool:
        nonlocal refusals
        refusals += change.id == victim
        return change.id == victim

    def may_write() -> None:
        if refusals >= lost_after:
            raise LeadershipLost

    store = Kept(refuses)
    store.keeps_marks = False
    replaying = Replay(store, desk, ORIGINALS, {}, may_write=may_write)  # type: ignore[arg-type]
    others = [one for one in LOG if one.key != victim]
    beginning = next(one for one in LOG if one.key == victim and one.type in model.heard_by)
    replaying.feed(stretch(model, [*others, beginning]))
    with pytest.raises(LeadershipLost):
        replaying.settle()

    assert (refusals, replaying.marks, desk.kept) == (lost_after, {}, [])


def test_who_is_overtaken_gives_up() -> None:
    model = next(model for model in MODELS if model.name == "order_summary")
    store = Kept()
    replaying = Replay(store, NOBODY, ORIGINALS, {})  # type: ignore[arg-type]
    replaying.feed(stretch(model, LOG[:100]))
    replaying.settle()
    for one, kept in store.documents.items():
        store.documents[one] = kept._replace(position=kept.position + 1000)
    replaying.feed(stretch(model, LOG[100:]))
    with pytest.raises(Superseded):
        replaying.settle()
    replaying.close()
