"""One attempt over HTTP: a question goes out, bytes come back, and nothing about them is believed yet.

No redirects, no cookies, no proxies from the environment, no compression, and a limit for what is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from eventing.settings import OutsideSettings
from saga_choreography.gateways.trouble import CONNECTION, GARBAGE, TIMEOUT, Trouble, trouble_of

_SAID: Final = 200
_CHUNK: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    operation: str
    """As metrics and logs call it."""
    path: str
    key: str
    body: Mapping[str, Any] | None = None
    """None looks up what is written under the key, and asks for nothing."""
    answers: frozenset[int] = field(default=frozenset({200, 201}))
    """The statuses that are answers; all others are trouble."""


def look(path: str, key: str) -> Question:
    """What is written under this key? 404 is an answer too, if it says so."""
    return Question("find", f"{path}/by-key/{quote(key, safe='')}", key, answers=frozenset({200, 404}))


class Reply(NamedTuple):
    status: int
    body: bytes


class _Connections:
    """Kept and used again, until one of them says something that nobody asked for."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.users = 0


class Line:
    def __init__(self, open_session: Callable[[], aiohttp.ClientSession], url: str, answer_limit: int) -> None:
        self._open_session = open_session
        self._connections = _Connections(open_session())
        self._url = url.rstrip("/")
        self._limit = answer_limit

    async def send(self, question: Question, seconds: float) -> Reply:
        """Raises `Trouble`, within so many seconds. Afterwards it may have happened or not."""
        connections = self._connections
        connections.users += 1
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(connections.session, question)
        except TimeoutError:
            raise Trouble(TIMEOUT, f"No answer came within {seconds:.3g} s.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Trouble(CONNECTION, f"The connection failed: {type(error).__name__}.") from None
        except ValueError as error:
            raise Trouble(GARBAGE, f"The answer is no HTTP: {type(error).__name__}.") from None
        finally:
            connections.users -= 1
            await self._forget(connections)

    async def distrust(self) -> None:
        """An answer to somebody else's question came. On that connection all later ones would be one behind, and
        which one it was can't be told any more: none of them is used again, and who is on one may finish."""
        old, self._connections = self._connections, _Connections(self._open_session())
        await self._forget(old)

    async def close(self) -> None:
        await self._connections.session.close()

    async def _forget(self, connections: _Connections) -> None:
        if connections is not self._connections and connections.users == 0:
            await connections.session.close()

    async def _exchange(self, session: aiohttp.ClientSession, question: Question) -> Reply:
        method, headers = ("GET", {}) if question.body is None else ("POST", {"Idempotency-Key": question.key})
        url = URL(f"{self._url}/v1/{question.path}", encoded=True)
        data = None if question.body is None else orjson.dumps(question.body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        async with session.request(method, url, data=data, headers=headers, allow_redirects=False) as response:
            if response.status in question.answers:
                return Reply(response.status, await self._body(response))
            raise trouble_of(response.status, response.headers.get("Retry-After"), await self._said(response))

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        if "Content-Encoding" in response.headers:
            raise Trouble(GARBAGE, "The answer is compressed, which was not asked for.")
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > self._limit:
                response.close()  # with its connection: the rest is never read
                raise Trouble(GARBAGE, f"The answer has more than {self._limit} bytes.")
        return bytes(body)

    async def _said(self, response: aiohttp.ClientResponse) -> str:
        """A few words of an error, for people to read; whatever can't be shown is left out."""
        try:
            text = (await response.content.read(_SAID)).decode("utf-8", "ignore")
        except (aiohttp.ClientError, ConnectionError):
            text = ""
        return "".join(sign for sign in text if sign.isprintable())


@asynccontextmanager
async def open_line(settings: OutsideSettings) -> AsyncIterator[Line]:
    """Connections are kept and used again; as many as questions may be under way."""
    assert settings.url is not None
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "orderloom"}
    if settings.api_key is not None:
        headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"

    def open_session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=settings.concurrency),
            headers=headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            # How long an attempt may take stands in `send`, which covers everything.
            timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_read=None, sock_connect=None),
            auto_decompress=False,
            trust_env=False,
        )

    line = Line(open_session, settings.url.get_secret_value(), settings.answer_limit)
    try:
        yield line
    finally:
        await line.close()
