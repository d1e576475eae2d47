"""Search as the query API asks for it: a body that it built, to the index of the live build, on a kept connection.

Plain HTTP and not the client library: a question is one POST, and what the library does around it costs more than the
search of a small index.
"""

from __future__ import annotations

import time
from typing import Any, Final

import aiohttp
import orjson

from eventing.errors import Misconfigured, Unavailable
from eventing.settings import ElasticsearchSettings
from projections.names import ElasticsearchNames
from projections.reading import Json, NotServed

TIMEOUT: Final = 5.0
ALIAS_SECONDS: Final = 1.0
"""How long the build behind an alias is believed. An old build is kept fresh, so nobody sees a difference."""
CONNECTIONS: Final = 32


class ElasticsearchReader:
    """Belongs to the event loop it is first used in."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        if settings.url is None:
            raise Misconfigured("There is no address for Elasticsearch: set ORDERS_ELASTICSEARCH__URL.")
        self._names = ElasticsearchNames(settings.index_prefix)
        self._prefix = settings.index_prefix
        self._url = settings.url.get_secret_value().rstrip("/")
        self._headers = {"content-type": "application/json"}
        if settings.api_key:
            self._headers["authorization"] = f"ApiKey {settings.api_key.get_secret_value()}"
        self._session: aiohttp.ClientSession | None = None
        self._tags: dict[str, tuple[float, str | None]] = {}

    async def search(self, model: str, tag: str | None, question: Json) -> Json:
        name = f"{self._prefix}{model}-{tag}" if tag else self._names.alias(model)
        status, answer = await self._ask("POST", f"/{name}/_search", orjson.dumps(question))
        if status == 404:
            self._tags.pop(model, None)
            raise _away("The index for searching is not there: it has to be rebuilt.")
        if status != 200 or answer.get("timed_out") or answer["_shards"]["failed"]:
            raise _away("The search could not be finished: ask for less, or try again shortly.")
        found: Json = answer
        return found

    async def tag(self, model: str) -> str | None:
        """Of the live build; None where there is none or nobody can say."""
        asked_at, tag = self._tags.get(model, (0.0, None))
        if time.monotonic() - asked_at < ALIAS_SECONDS:
            return tag
        try:
            status, answer = await self._ask("GET", f"/_alias/{self._names.alias(model)}", None)
        except Unavailable:
            # Who only wants to know how far the other models are is not held up by this again for a while.
            self._tags[model] = time.monotonic(), tag
            return tag
        index = next(iter(answer), "") if status == 200 else ""
        found = index.removeprefix(f"{self._prefix}{model}-") or None
        self._tags[model] = time.monotonic(), found
        return found

    async def check(self) -> None:
        status, _ = await self._ask("GET", "/_cluster/health", None)
        if status != 200:
            raise _away("Elasticsearch is not healthy.")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS), timeout=aiohttp.ClientTimeout(TIMEOUT, connect=1.0)
            )
        try:
            async with self._session.request(method, self._url + path, data=body, headers=self._headers) as answer:
                return answer.status, orjson.loads(await answer.read())
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            raise _away("Search is not to be had right now: try again shortly; all other queries go on.") from None


def _away(sentence: str) -> NotServed:
    return NotServed(sentence, code="search_unavailable")
