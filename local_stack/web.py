"""One HTTP request to a server of the stack, JSON in and out."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

from local_stack.server import NotReady
from local_stack.state import HOST


def ask(port: int, method: str, path: str, body: object = None, *, timeout: float = 5) -> Any:
    connection = HTTPConnection(HOST, port, timeout=timeout)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        reply = connection.getresponse()
        text = reply.read()
    finally:
        connection.close()
    if reply.status >= 300:
        raise NotReady(f"{method} {path} gives {reply.status}: {text[:200].decode(errors='replace')}")
    return json.loads(text) if text else None
