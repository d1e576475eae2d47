"""What rebuilding needs of Elasticsearch: an index that is quick to fill, its size, what real queries answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from elasticsearch import Elasticsearch

from eventing.errors import Unavailable
from projections.generations import Build
from projections.names import ElasticsearchNames
from projections.read_model import ReadModel
from projections.stores.elasticsearch import BACKSTOP
from projections.stores.elasticsearch_connecting import ask

FIRST: Final = 20
FACETS: Final = 30


class ElasticsearchWorkbench:
    def __init__(self, client: Elasticsearch, names: ElasticsearchNames, model: ReadModel) -> None:
        self._client = client
        self._names = names
        self._model = model

    def prepare(self, build: Build) -> None:
        """Nothing is made searchable or copied while nobody reads."""
        self._set(build, {"refresh_interval": "-1", "number_of_replicas": 0})

    def finish(self, build: Build) -> None:
        settings = self._model.settings
        replicas = settings.get("number_of_replicas", 1)
        self._set(
            build, {"refresh_interval": settings.get("refresh_interval", BACKSTOP), "number_of_replicas": replicas}
        )
        self._ask("POST", f"/{self._names.index(build)}/_refresh", build)

    def count(self, build: Build) -> int:
        self._ask("POST", f"/{self._names.index(build)}/_refresh", build)
        return int(self._ask("GET", f"/{self._names.index(build)}/_count", build)["count"])

    def answers(self, build: Build) -> Mapping[str, str]:
        return {
            name: _digest(self._ask("POST", f"/{self._names.index(build)}/_search", build, question))
            for name, question in self._questions()
        }

    def hide(self, model: str) -> None:
        alias = self._names.alias(model)
        ask(self._client, "POST", "/_aliases", {"actions": [{"remove": {"index": f"{alias}-g*", "alias": alias}}]})

    def close(self) -> None:
        self._client.close()

    def _questions(self) -> Iterator[tuple[str, Any]]:
        """Facets over whatever can be counted, and the first page in the order of whatever can be sorted."""
        living = {"bool": {"must_not": [{"term": {"deleted": True}}]}}
        for name, kind in self._model.mapping.get("properties", {}).items():
            if kind["type"] == "keyword":
                counts = {"found": {"terms": {"field": name, "size": FACETS, "order": {"_key": "asc"}}}}
                yield f"facet {name}", {"size": 0, "track_total_hits": True, "query": living, "aggs": counts}
            elif kind["type"] in {"long", "date", "date_nanos"}:
                order = [{name: {"order": "desc", "missing": "_last"}}, {"id": "asc"}]
                yield f"sorted by {name}", {"size": FIRST, "query": living, "sort": order, "_source": ["id"]}

    def _set(self, build: Build, settings: Mapping[str, Any]) -> None:
        self._ask("PUT", f"/{self._names.index(build)}/_settings", build, {"index": settings})

    def _ask(self, method: str, path: str, build: Build, body: Any = None) -> Any:
        answer = ask(self._client, method, path, body)
        if answer is None:
            raise Unavailable(f"The index {self._names.index(build)} is not there.")
        return answer


def _digest(answer: Mapping[str, Any]) -> str:
    told = [
        [hit["_id"] for hit in answer["hits"]["hits"]],
        answer["hits"].get("total"),
        [
            [bucket["key"], bucket["doc_count"]]
            for bucket in answer.get("aggregations", {}).get("found", {}).get("buckets", ())
        ],
    ]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()[:16]
