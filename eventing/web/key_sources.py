"""Where a key ring reads its keys: a JWK set in a file, or at an address from the settings."""

from __future__ import annotations

import asyncio
import http.client
import urllib.request
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from eventing.errors import Misconfigured
from eventing.web.keys import Source

DOCUMENT_LIMIT: Final = 1024 * 1024
TIMEOUT_SECONDS: Final = 5.0


def keys_in_file(path: Path) -> Source:
    async def read() -> bytes:
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            raise Misconfigured(
                f"There are no keys for access tokens at {path}: issue a token once with `orders token`, "
                "or set ORDERS_AUTH__JWKS_URL."
            ) from None

    return read


def keys_at(url: str) -> Source:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Misconfigured("ORDERS_AUTH__JWKS_URL has to begin with https:// (or http:// inside one machine).")

    async def fetch() -> bytes:
        return await asyncio.to_thread(_fetch, url)

    return fetch


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """A redirect could lead anywhere inside the network, so it is an error."""
        return


def _fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            document: bytes = answer.read(DOCUMENT_LIMIT + 1)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from None
    if len(document) > DOCUMENT_LIMIT:
        raise ValueError("too large")
    return document
