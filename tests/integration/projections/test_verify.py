"""Three corrupted documents of ten thousand are found and repaired, exactly those three, while writes go on."""

from __future__ import annotations

import json
from collections import UserDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import orjson
import pytest

from eventing.consuming import Mark, Partition
from projections.ports import DocumentStore, Stored
from projections.read_model import ReadModel
from projections.rebuilding.repairing import Repaired, repair
from projections.rebuilding.verifying import Verdict, Verifying
from projections.rebuilding.wiring import verification, workplace
from projections.stores.elasticsearch_connecting import ask, connect
from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.history import contents, keep_and_publish, orders, rebuilt, settings_of
from tests.support.read_models.independent import expected
from tests.support.read_models.many import placed
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import tell
from tests.support.waiting import until

BY_NAME = {model.name: model for model in read_models()}
SEARCH, SUMMARY = BY_NAME["order_search"], BY_NAME["order_summary"]
BOTH = pytest.mark.parametrize("model", [SEARCH, SUMMARY], ids=lambda model: model.name)
MANY = 10_000


def verified(platform: Platform, model: ReadModel, *, mend: bool = False) -> tuple[Verdict, Repaired | None]:
    with (
        workplace(settings_of(platform), model) as place,
        verification(settings_of(platform), model, place.outside) as (verifying, mending),
    ):
        verdict = verifying.run()
        return verdict, repair(place.outside, verifying, mending, verdict.findings) if mend else None


def corrupt(platform: Platform, model: ReadModel, changed: str, lost: str, strange: str) -> None:
    build = platform.build(model.name)
    assert build is not None
    if model.store == "redis":
        with platform.redis() as client:
            key = platform.redis_names.documents_of(build, changed)
            kept = client.hget(key, changed)
            assert isinstance(kept, bytes)
            head, _, body = kept.partition(b"\n")
            document = {**orjson.loads(body), "total": 1}
            client.hset(key, changed, head + b"\n" + orjson.dumps(document))
            client.hdel(platform.redis_names.documents_of(build, lost), lost)
            client.hset(platform.redis_names.documents_of(build, strange), strange, "5 1 x\n{}")
        return
    client = connect(platform.settings.elasticsearch)
    index = f"{platform.prefix}-{model.name}-{build.tag}"
    source = ask(client, "GET", f"/{index}/_doc/{changed}")["_source"]
    ask(client, "PUT", f"/{index}/_doc/{changed}", {**source, "total": 1})
    ask(client, "DELETE", f"/{index}/_doc/{lost}")
    ask(client, "PUT", f"/{index}/_doc/{strange}", {"id": strange, "position": 5, "order_id": strange})
    client.close()


@BOTH
def test_exactly_what_was_corrupted_is_found_and_repaired(platform: Platform, model: ReadModel) -> None:
    log = list(placed(MANY))
    keep_and_publish(platform, log)
    rebuilt(platform, model)
    before = contents(platform, model)
    assert verified(platform, model)[0].findings == []

    corrupt(platform, model, "many-000100", "many-009000", "many-999999")
    verdict, _ = verified(platform, model)
    found = {(one.kind, one.id) for one in verdict.findings}
    assert found == {("different", "many-000100"), ("missing", "many-009000"), ("extra", "many-999999")}
    assert verdict.documents == MANY
    assert verdict.looked_at < MANY / 100  # the ranges of three documents, and not all of them

    _, repaired = verified(platform, model, mend=True)
    assert repaired is not None
    assert (set(repaired.repaired), repaired.left) == ({"many-000100", "many-009000", "many-999999"}, [])
    assert contents(platform, model) == before
    assert verified(platform, model)[0].findings == []


@BOTH
def test_what_was_repaired_takes_the_next_event(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    log = tell(31, orders=30)
    keep_and_publish(platform, log[:150])
    rebuilt(platform, model)
    going_on = next(
        told.key
        for told in log[150:]
        if told.key in {one.key for one in log[:140] if one.version == 1} and "-" in told.key and told.key[0] == "0"
    )
    corrupt(platform, model, going_on, "000031-000001", "nobody-knows-this")
    _, repaired = verified(platform, model, mend=True)
    assert repaired is not None
    assert repaired.left == []

    keep_and_publish(platform, log[150:])
    with start_projector(platform, model.name):
        until(lambda: platform.has_applied(model, log), "the projector is level")
    assert platform.shown(model) == expected(log)[model.name]


@BOTH
def test_nothing_is_found_while_writes_go_on(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    log = tell(32, orders=300)
    half = len(log) // 2
    keep_and_publish(platform, log[:half])
    rebuilt(platform, model)
    with start_projector(platform, model.name):
        for at in range(half, len(log), 200):
            keep_and_publish(platform, log[at : at + 200])
            assert verified(platform, model)[0].findings == []
        until(lambda: platform.has_applied(model, log), "the projector is level")
    assert verified(platform, model)[0].documents == 300


class GoesOn:
    """A store whose documents go on to their next events between being read and being judged."""

    def __init__(self, store: DocumentStore, go_on: Callable[[], None]) -> None:
        self._store = store
        self._go_on = go_on

    def read(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        found = self._store.read(ids)
        self._go_on()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class AskedLate(UserDict[Partition, Mark]):
    """Marks that are asked for when they are needed."""

    def __init__(self, ask: Callable[[], Mapping[Partition, Mark]]) -> None:
        super().__init__()
        self._ask = ask

    def __getitem__(self, place: Partition) -> Mark:
        return self._ask()[place]

    def __contains__(self, place: object) -> bool:
        return place in self._ask()


class MarksAfterDocuments(Verifying):
    """The mutant: how far the build has come is not asked before the documents are read."""

    def applied(self) -> Mapping[Partition, Mark]:
        return AskedLate(super().applied)


@pytest.mark.parametrize("verifier", [Verifying, MarksAfterDocuments])
def test_a_document_that_goes_on_while_it_is_judged_is_judged_by_where_it_was(
    platform: Platform, start_projector: StartProjector, verifier: type[Verifying]
) -> None:
    log = tell(34, orders=1)
    keep_and_publish(platform, log[:2])
    rebuilt(platform, SUMMARY)
    one = next(told.key for told in log if told.type == "order.placed")

    def go_on() -> None:
        keep_and_publish(platform, log[2:])
        until(lambda: platform.has_applied(SUMMARY, log), "the projector is level")

    with (
        start_projector(platform, SUMMARY.name),
        workplace(settings_of(platform), SUMMARY) as place,
        verification(settings_of(platform), SUMMARY, place.outside) as (plain, _),
    ):
        opened = plain.opened._replace(store=cast(DocumentStore, GoesOn(plain.opened.store, go_on)))
        verifying = verifier(plain.model, opened, plain.log, plain.partitions, plain.parked)

        findings = list(verifying.confirm([one]))

    assert [finding.id for finding in findings] == ([one] if verifier is MarksAfterDocuments else [])


def test_the_command_says_what_differs_and_exits_with_1_until_it_is_repaired(platform: Platform) -> None:
    keep_and_publish(platform, tell(33, orders=20))
    rebuilt(platform, SUMMARY)
    corrupt(platform, SUMMARY, "000033-000003", "000033-000004", "nobody-knows-this")

    status, out, err = orders(platform, "projections", "verify", "order_summary")
    assert status == 1, err
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        ["different", "000033-000003"], ["missing", "000033-000004"], ["extra", "nobody-knows-this"]
    ]  # fmt: skip
    status, out, err = orders(platform, "projections", "verify", "order_summary", "--repair", "--json")
    assert status == 0, err
    assert json.loads(out)["repaired"] == ["000033-000003", "000033-000004", "nobody-knows-this"]
    assert orders(platform, "projections", "verify", "order_summary")[0] == 0
