"""Requests put together from ready bytes: of a POST to our API only the idempotency key is new each time."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence


def requests(host: str, path: str, bodies: Sequence[str], tokens: Sequence[str]) -> Iterator[bytes]:
    """For ever: the next body with the next token, and a key that nobody has used before."""
    start = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {uuid.uuid4().hex}-"
    ).encode()
    longest = max(len(bodies), len(tokens))
    ends = [ending(bodies[n % len(bodies)].encode(), tokens[n % len(tokens)].encode()) for n in range(longest)]
    for number, end in zip(itertools.count(), itertools.cycle(ends), strict=False):
        yield b"%b%d%b" % (start, number, end)


def ending(body: bytes, token: bytes) -> bytes:
    return b"\r\nAuthorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b" % (token, len(body), body)


def reading(host: str, path: str, token: str, **more: str) -> str:
    """A GET, ready to be sent. Further headers as keywords."""
    headers = "".join(f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in more.items())
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"


def asking(host: str, path: str, body: str) -> str:
    """A POST of JSON to somebody else's server."""
    headers = f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n{body}"
