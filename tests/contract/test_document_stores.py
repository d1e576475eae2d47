"""What every store of documents promises, shown of each on its real server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from eventing.consuming import Mark, Partition
from eventing.settings import Settings
from projections.generations import Build
from projections.names import ElasticsearchNames
from projections.ports import DocumentStore, Footing, Lost, SetBack, Stored
from projections.read_model import ReadModel, Sum
from projections.stores.elasticsearch import ElasticsearchStore
from projections.stores.elasticsearch_connecting import connect
from projections.stores.redis import CALL, RedisStore
from projections.wiring import open_store
from tests.contract.document_stores import FAMILY, MAPPING, PLACE, change
from tests.support.read_models.main import WithoutVersions
from tests.support.read_models.older_copies import LosesTheFirstCall


@pytest.fixture
def store(make: Callable[[int], DocumentStore]) -> DocumentStore:
    return make(1)


def test_what_is_written_is_read_at_once(store: DocumentStore) -> None:
    store.write([change("a", 7, {"number": 1, "word": "é"})], {})

    assert store.read(["a", "b"]) == {"a": Stored(7, {"number": 1, "word": "é"})}


def test_an_older_document_never_takes_the_place_of_a_newer_one(store: DocumentStore) -> None:
    store.write([change("a", 9, {"number": 9})], {})

    store.write([change("a", 8, {"number": 8}), change("b", 8, {"number": 8})], {})

    assert store.read(["a"]) == {"a": Stored(9, {"number": 9})}


def test_the_same_batch_may_be_written_twice(store: DocumentStore) -> None:
    batch = [change("a", 3, {"number": 3}), change("b", 4, {"number": 4})]

    store.write(batch, {PLACE: Mark(5, 4)})
    again = store.write(batch, {PLACE: Mark(5, 4)})

    assert not again.refused
    assert store.read(["a", "b"]) == {"a": Stored(3, {"number": 3}), "b": Stored(4, {"number": 4})}


def test_deleting_leaves_a_tombstone_with_its_position(store: DocumentStore) -> None:
    store.write([change("a", 3, {"number": 3})], {})
    store.write([change("a", 5, None, based_on=3)], {})

    store.write([change("a", 4, {"number": 4}, based_on=3)], {})

    assert store.read(["a"]) == {"a": Stored(5, None)}, "what comes late does not bring it back"


def test_a_deleted_document_can_come_again(store: DocumentStore) -> None:
    store.write([change("a", 3, None)], {})

    store.write([change("a", 4, {"number": 4}, based_on=3)], {})

    assert store.read(["a"]) == {"a": Stored(4, {"number": 4})}


def test_a_scan_sees_each_document_once_and_can_go_on_anywhere(store: DocumentStore) -> None:
    names = [f"order-{number:04d}" for number in range(1500)]
    store.write([change(name, number + 1, {"number": number}) for number, name in enumerate(names)], {})
    store.refresh()

    seen = list(store.scan())

    assert sorted(name for name, _ in seen) == names
    assert dict(seen)["order-0007"] == Stored(8, {"number": 7})
    middle = seen[700][0]
    assert list(store.scan(after=middle)) == seen[701:]


def test_builds_do_not_see_each_other(make: Callable[[int], DocumentStore]) -> None:
    one, other = make(1), make(2)
    one.write([change("a", 1, {"number": 1})], {PLACE: Mark(2, 1)})

    assert other.read(["a"]) == {}
    other.drop()

    assert one.read(["a"]) == {"a": Stored(1, {"number": 1})}


def test_what_was_dropped_is_lost_to_whoever_still_writes(store: DocumentStore) -> None:
    store.write([change("a", 1, {"number": 1})], {})
    store.drop()

    with pytest.raises(Lost, match="orders projections rebuild numbers"):
        store.write([change("b", 2, {"number": 2})], {})
    with pytest.raises(Lost):
        store.read(["a"])
    with pytest.raises(Lost):
        store.demand(identity_of(store))
    with pytest.raises(Lost):
        store.write([change("b", 2, {"number": 2})], {})


def test_a_build_that_was_made_anew_is_not_the_one_that_was(
    store: DocumentStore, settings: Settings, model: ReadModel
) -> None:
    again = open_store(settings, model, Build("numbers", 1, 1, "building", "", "", datetime.now(UTC)))
    again.create()
    again.close()

    with pytest.raises(Lost):
        store.demand(identity_of(store))


def identity_of(store: DocumentStore) -> str:
    assert isinstance(store, ElasticsearchStore | RedisStore)
    return store._build.identity


class TestElasticsearch:
    @pytest.fixture
    def model(self) -> ReadModel:
        return ReadModel(name="numbers", generation=1, store="elasticsearch", families=(FAMILY,), mapping=MAPPING)

    def test_of_a_bulk_everything_is_written_but_what_the_mapping_refuses(self, store: DocumentStore) -> None:
        batch = [change(f"n{number:03d}", number + 1, {"number": number}) for number in range(500)]
        batch[250] = change("n250", 251, {"number": "a word"})

        outcome = store.write(batch, {})

        assert list(outcome.refused) == ["n250"]
        assert "document_parsing_exception" in outcome.refused["n250"]
        assert len(store.read([one.id for one in batch])) == 499

    def test_without_versions_from_outside_a_document_goes_backwards(
        self, store: DocumentStore, settings: Settings, model: ReadModel
    ) -> None:
        """The mutant: what every store promises above is not promised by a plain index request."""
        assert isinstance(store, ElasticsearchStore)
        names = ElasticsearchNames(settings.elasticsearch.index_prefix)
        mutant = WithoutVersions(connect(settings.elasticsearch), names, store._build, model)
        mutant.write([change("a", 9, {"number": 9})], {})

        mutant.write([change("a", 8, {"number": 8})], {})

        assert mutant.read(["a"]) == {"a": Stored(8, {"number": 8})}
        mutant.close()

    def test_a_document_is_found_after_a_refresh(self, store: DocumentStore) -> None:
        store.write([change("a", 1, {"number": 1})], {})

        store.refresh()

        assert [name for name, _ in store.scan()] == ["a"]


class TestRedis:
    @pytest.fixture
    def model(self) -> ReadModel:
        return ReadModel(name="numbers", generation=1, store="redis", families=(FAMILY,))

    def test_nothing_of_a_call_is_written_if_one_document_was_overtaken(self, store: DocumentStore) -> None:
        store.write([change("a", 5, {"number": 5})], {})

        outcome = store.write(
            [change("a", 6, {"number": 6}, based_on=4), change("b", 6, {"number": 6})], {PLACE: Mark(7, 6)}
        )

        assert list(outcome.overtaken) == ["a"]
        assert store.read(["a", "b"]) == {"a": Stored(5, {"number": 5})}
        assert store.marks([PLACE]) == {}

    def test_marks_come_with_the_documents_and_never_go_back(self, store: DocumentStore) -> None:
        store.write([change("a", 5, {"number": 5})], {PLACE: Mark(10, 5)})

        store.write([], {PLACE: Mark(8, 4)})

        assert store.marks([PLACE, Partition("other", 0)]) == {PLACE: Mark(10, 5)}

    def test_sums_and_places_change_with_the_document(self, store: DocumentStore, settings: Settings) -> None:
        placed = {Sum("day", "orders"): 2, Sum("day", "gone"): 1}
        store.write([change("a", 5, {"number": 5}, sums=placed, places={"all": 5, "open": 5})], {})
        store.write(
            [change("a", 6, {"number": 6}, based_on=5, sums={Sum("day", "gone"): -1}, places={"open": None})], {}
        )

        assert isinstance(store, RedisStore)
        base, client = store._base, store._client
        assert client.hgetall(f"{base}sum:day:order.events.v1/2") == {b"orders": b"2", b"position": b"6"}
        assert client.zrange(f"{base}list:all", 0, -1, withscores=True) == [(b"a", 5.0)]
        assert client.exists(f"{base}list:open") == 0

    def test_dropping_leaves_no_key(self, store: DocumentStore) -> None:
        more: dict[str, Any] = {"sums": {Sum("day", "orders"): 1}, "places": {"all": 1}}
        store.write([change("a", 1, {"number": 1}, **more)], {PLACE: Mark(2, 1)})

        store.drop()

        assert isinstance(store, RedisStore)
        assert list(store._client.scan_iter(f"{store._base}*")) == []

    def test_a_document_that_vanished_is_lost(self, store: DocumentStore) -> None:
        store.write([change("a", 1, {"number": 1})], {})
        assert isinstance(store, RedisStore)
        for key in store._client.scan_iter(f"{store._base}docs:*"):
            store._client.delete(key)

        with pytest.raises(Lost, match="the document 'a'"):
            store.write([change("a", 2, {"number": 2}, based_on=1)], {})

    @pytest.mark.parametrize("documents", [1, 3 * CALL], ids=["in one call", "in several"])
    def test_upon_an_older_copy_nothing_is_written(self, store: DocumentStore, documents: int) -> None:
        store.write([change("a", 5, {"number": 5})], {PLACE: Mark(10, 5)})
        batch = [change(f"n{number}", 8 + number, {"number": number}) for number in range(documents)]

        for gone in ({PLACE: Mark(12, 7)}, {PLACE: Mark(10, 5), Partition("other", 0): Mark(1, 3)}):
            with pytest.raises(SetBack, match="numbers"):
                store.write(batch, {PLACE: Mark(9000, 9000)}, Footing(gone))

        assert store.read([one.id for one in batch]) == {}
        assert store.marks([PLACE]) == {PLACE: Mark(10, 5)}
        with pytest.raises(SetBack):
            store.demand(identity_of(store), {PLACE: Mark(12, 7)})

    def test_who_stands_where_it_believes_or_behind_others_goes_on(self, store: DocumentStore) -> None:
        store.write([change("a", 5, {"number": 5})], {PLACE: Mark(10, 5)})

        for before in (Mark(10, 5), Mark(8, 4), Mark(0, 0)):
            store.demand(identity_of(store), {PLACE: before})
            store.write([], {PLACE: Mark(11, 6)}, Footing({PLACE: before, Partition("other", 0): Mark(0, 0)}))

        assert store.marks([PLACE]) == {PLACE: Mark(11, 6)}

    def test_marks_do_not_move_past_what_was_written_before_them_and_is_gone(
        self, store: DocumentStore, settings: Settings
    ) -> None:
        """Of a batch in several calls an older copy may have the last one: the server was exchanged in between."""
        assert isinstance(store, RedisStore)
        batch = [change(f"n{number}", 1 + number, {"number": number}) for number in range(2 * CALL)]
        losing = LosesTheFirstCall(store._client, store._names, store._build)

        with pytest.raises(SetBack):
            losing.write(batch, {PLACE: Mark(2000, 2000)})
        with pytest.raises(SetBack):
            store.write([], {PLACE: Mark(2000, 2000)}, Footing(documents={one.id: one.position for one in batch}))

        assert store.marks([PLACE]) == {}
