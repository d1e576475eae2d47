"""Which build readers see: an alias in Elasticsearch, a key in Redis. Both change in one step."""

from __future__ import annotations

from elasticsearch import Elasticsearch
from redis import Redis

from eventing.errors import Misconfigured
from projections.generations import Build
from projections.names import ElasticsearchNames, RedisNames
from projections.stores.elasticsearch_connecting import ask
from projections.stores.redis_connecting import answering


class ElasticsearchShowing:
    def __init__(self, client: Elasticsearch, names: ElasticsearchNames) -> None:
        self._client = client
        self._names = names

    def shown(self, model: str) -> str | None:
        """The index that queries are answered from."""
        found = ask(self._client, "GET", f"/_alias/{self._names.alias(model)}")
        return min(found) if found else None

    def show(self, build: Build) -> None:
        """Takes the alias away from whatever had it and gives it to this build; no query falls in between."""
        alias = self._names.alias(build.model)
        actions = [
            {"remove": {"index": f"{alias}-g*", "alias": alias, "must_exist": False}},
            {"add": {"index": self._names.index(build), "alias": alias, "is_write_index": False}},
        ]
        if ask(self._client, "POST", "/_aliases", {"actions": actions}) is None:
            raise Misconfigured(f"The index {self._names.index(build)} is not there: it can't be shown.")


class RedisShowing:
    def __init__(self, client: Redis, names: RedisNames) -> None:
        self._client = client
        self._names = names

    def shown(self, model: str) -> str | None:
        """The tag of the build that queries are answered from."""
        with answering():
            found = self._client.get(self._names.live(model))
        return found.decode() if isinstance(found, bytes) else None

    def show(self, build: Build) -> None:
        with answering():
            self._client.set(self._names.live(build.model), build.tag)
