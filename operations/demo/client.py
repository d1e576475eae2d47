"""Speaks with the write API as any program would: HTTP, JSON, an access token."""

from __future__ import annotations

import json
import threading
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from eventing.errors import Unavailable

TIMEOUT: Final = 10.0
TRY_LATER: Final = frozenset({429, 503})


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """What a problem is called."""
        return str(self.body.get("code", self.status))


class Client:
    """One connection, for one thread. An answer that asks for patience is waited for, unless the demo has ended."""

    def __init__(self, address: str, ended: threading.Event) -> None:
        parts = urlsplit(address)
        assert parts.hostname is not None
        self._connection = HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
        self._ended = ended

    def send(
        self, method: str, path: str, body: object, token: str, *, key: str | None = None, if_match: str | None = None
    ) -> Answer:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or str(uuid4()),
        }
        if if_match is not None:
            headers["If-Match"] = if_match
        content = json.dumps(body)
        answer = self._ask(method, path, content, headers)
        while answer.status in TRY_LATER and not self._ended.wait(float(answer.headers.get("retry-after", "1"))):
            answer = self._ask(method, path, content, headers)
        return answer

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, content: str, headers: dict[str, str]) -> Answer:
        try:
            self._connection.request(method, path, content, headers)
            answer = self._connection.getresponse()
            body = json.loads(answer.read() or b"{}")
        except (OSError, HTTPException, ValueError) as error:
            self._connection.close()
            raise Unavailable(f"{method} {path} got no answer from the write API: {error}.") from None
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
