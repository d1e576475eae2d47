"""The keys that tokens are checked with: public ones only, one algorithm each, from one configured source.

Rules:
- the source is a file or an address from the settings; what a token says about keys is never followed
- an unknown key id causes at most one look at the source in a cooldown, however many of them come
- while the source can't be had, the keys of its last good answer go on working
- a key that is no longer in the source's answer stops working with that answer
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from eventing.errors import Misconfigured, Unavailable

Source = Callable[[], Awaitable[bytes]]

ALGORITHMS: Final = frozenset({"RS256", "ES256", "EdDSA"})
RSA_BITS: Final = 2048
COOLDOWN_SECONDS: Final = 30.0
LIFESPAN_SECONDS: Final = 300.0

_log = structlog.get_logger("orderloom.auth")


class KeyRing:
    def __init__(self, source: Source, *, now: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._now = now
        self._keys: Mapping[str, PyJWK] = {}
        self._looked_at: float | None = None
        self._refreshed_at = 0.0
        self._refresh: asyncio.Task[None] | None = None
        self.generation = 0
        """Rises whenever the keys change, so that whoever remembers their verdicts forgets them."""

    async def find(self, kid: str) -> PyJWK:
        """Raises ValueError for a key that nobody has heard of."""
        if self._keys and self._now() - self._refreshed_at > LIFESPAN_SECONDS:
            self._begin_refresh()  # known keys need not wait for it
        if kid not in self._keys and (refresh := self._begin_refresh()):
            await asyncio.shield(refresh)
        if not self._keys:
            raise Unavailable("The keys for access tokens can't be had right now; try again shortly.", retry_after=5)
        key = self._keys.get(kid)
        if key is None:
            raise ValueError("unknown key")
        return key

    async def load(self) -> None:
        """At start-up, so that a wrong source is known before the first request."""
        self._accept(await self._source())

    def _begin_refresh(self) -> asyncio.Task[None] | None:
        """The running look at the source, or a new one if the cooldown allows it."""
        if self._refresh is not None and not self._refresh.done():
            return self._refresh
        if self._looked_at is not None and self._now() - self._looked_at < COOLDOWN_SECONDS:
            return None
        self._looked_at = self._now()
        self._refresh = asyncio.get_running_loop().create_task(self._look())
        return self._refresh

    async def _look(self) -> None:
        try:
            self._accept(await self._source())
        except (OSError, ValueError, Misconfigured) as error:
            _log.warning(
                "The keys for access tokens could not be read again; the known ones stay.",
                action="auth.keys_unreadable",
                reason=type(error).__name__,
            )

    def _accept(self, document: bytes) -> None:
        keys = usable_keys(orjson.loads(document))
        self._refreshed_at = self._looked_at = self._now()
        if {kid: key.key for kid, key in keys.items()} != {kid: key.key for kid, key in self._keys.items()}:
            self._keys = keys
            self.generation += 1


def usable_keys(document: Any) -> dict[str, PyJWK]:
    """The keys of a JWK set that may verify tokens. A secret among them is a mistake that has to be loud."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise Misconfigured('The keys for access tokens are no JWK set: it has to be {"keys": […]}.')
    keys: dict[str, PyJWK] = {}
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
            continue
        if entry.get("kty") == "oct":
            raise Misconfigured("The JWK set holds a shared secret (kty oct): only public keys verify tokens here.")
        if (key := _public_key(entry)) is not None:
            keys[entry["kid"]] = key
    if not keys:
        raise Misconfigured(f"The JWK set holds no usable key: one of {', '.join(sorted(ALGORITHMS))} with a kid.")
    return keys


def _public_key(entry: Mapping[str, Any]) -> PyJWK | None:
    # Private members are left out: what is only to verify must not be able to sign.
    public = {name: value for name, value in entry.items() if name not in {"d", "p", "q", "dp", "dq", "qi", "oth"}}
    try:
        key = PyJWK(public)
    except (PyJWTError, ValueError, TypeError):
        return None
    if key.algorithm_name not in ALGORITHMS:
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < RSA_BITS:
        raise Misconfigured(f"The RSA key {entry['kid']!r} is too short: it needs at least {RSA_BITS} bits.")
    return key
