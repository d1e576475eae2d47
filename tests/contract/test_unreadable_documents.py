"""What stands in a document's place and was written by no projector: a store says so, and says all others as ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from projections.names import ElasticsearchNames, RedisNames
from projections.ports import UNREADABLE, DocumentStore, Stored
from projections.read_model import ReadModel
from projections.stores.elasticsearch import ElasticsearchStore
from projections.stores.elasticsearch_connecting import ask
from projections.stores.mending import ElasticsearchMending, RedisMending
from projections.stores.redis import RedisStore
from tests.contract.document_stores import FAMILY, MAPPING, change

GOOD, BAD = Stored(7, {"number": 1}), "bad"
WANTED = Stored(8, {"number": 2})


class TestRedis:
    @pytest.fixture
    def model(self) -> ReadModel:
        return ReadModel(name="numbers", generation=1, store="redis", families=(FAMILY,))

    @pytest.fixture
    def store(self, make: Callable[[int], DocumentStore]) -> RedisStore:
        made = make(1)
        assert isinstance(made, RedisStore)
        made.write([change("good", 7, {"number": 1}), change(BAD, 8, {"number": 2})], {})
        return made

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"8",
            b"8 2 alice\n",
            b"eight 2 alice\n{}",
            b"08 \n{}",
            b'8 \xff\n{"number": 2}',
            b'8 \n{"number": ',
            b"8 \n[2]",
            b"8 \nnull",
        ],
    )
    def test_what_is_no_document_is_told_from_all_others_and_can_be_mended(
        self, store: RedisStore, settings: Any, value: bytes
    ) -> None:
        names = RedisNames(settings.redis.key_prefix)
        store._client.hset(names.documents_of(store._build, BAD), BAD, value)

        assert store.read(["good", BAD]) == dict(store.scan()) == {"good": GOOD, BAD: UNREADABLE}

        mending = RedisMending(store._client, names, store._build)
        assert not mending.mend(BAD, WANTED, WANTED), "it is not that any more"
        assert mending.mend(BAD, UNREADABLE, WANTED)
        assert store.read(["good", BAD]) == {"good": GOOD, BAD: WANTED}

    def test_nothing_is_written_upon_it(self, store: RedisStore, settings: Any) -> None:
        key = RedisNames(settings.redis.key_prefix).documents_of(store._build, BAD)
        store._client.hset(key, BAD, "no head\n{}")

        outcome = store.write([change(BAD, 9, {"number": 9}, based_on=8)], {})

        assert outcome.overtaken == [BAD]
        assert store._client.hget(key, BAD) == b"no head\n{}"


class TestElasticsearch:
    @pytest.fixture
    def model(self) -> ReadModel:
        return ReadModel(name="numbers", generation=1, store="elasticsearch", families=(FAMILY,), mapping=MAPPING)

    @pytest.fixture
    def store(self, make: Callable[[int], DocumentStore]) -> ElasticsearchStore:
        made = make(1)
        assert isinstance(made, ElasticsearchStore)
        made.write([change("good", 7, {"number": 1}), change(BAD, 8, {"number": 2})], {})
        return made

    @pytest.mark.parametrize(
        "source",
        [
            {},
            {"id": BAD, "number": 2},
            {"id": BAD, "position": "8", "number": 2},
            {"position": 8, "number": 2},
            {"id": "good", "position": 8, "number": 2},
        ],
    )
    def test_what_is_no_document_is_told_from_all_others_and_can_be_mended(
        self, store: ElasticsearchStore, settings: Any, source: dict[str, Any]
    ) -> None:
        ask(store._client, "PUT", f"/{store._index}/_doc/{BAD}", source)
        store.refresh()

        assert store.read(["good", BAD]) == dict(store.scan()) == {"good": GOOD, BAD: UNREADABLE}

        mending = ElasticsearchMending(
            store._client, ElasticsearchNames(settings.elasticsearch.index_prefix), store._build
        )
        assert not mending.mend(BAD, WANTED, WANTED), "it is not that any more"
        assert mending.mend(BAD, UNREADABLE, WANTED)
        assert store.read(["good", BAD]) == {"good": GOOD, BAD: WANTED}
