"""Who asks: an access token (RFC 9068) becomes a caller with roles, or nothing at all.

The token says which key it claims; the key says which algorithm counts. Nothing else of the header is believed: no
address of a key, no embedded key, no algorithm.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, NamedTuple

import jwt
from jwt.exceptions import ExpiredSignatureError, ImmatureSignatureError, PyJWTError

from eventing.web.keys import KeyRing
from eventing.web.refusals import NO_TOKEN, Unauthenticated


class Role(StrEnum):
    CUSTOMER = "customer"
    WAREHOUSE = "warehouse"
    CATALOGUE = "catalogue"
    OPERATOR = "operator"


class Caller(NamedTuple):
    subject: str
    roles: frozenset[Role]


class Admitted(NamedTuple):
    """A caller, and when the token ends that speaks for it: what outlives a request has to end with it."""

    caller: Caller
    until: float
    """Seconds since 1970, without the leeway that is granted to requests."""


ANONYMOUS: Final = Caller("anonymous", frozenset())

TOKEN_LIMIT: Final = 8 * 1024
LEEWAY_LIMIT: Final = 30
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt", "jwt"})
# Claims that only an ID token has: it says who somebody is to an application, and opens nothing here.
_OF_AN_ID_TOKEN: Final = frozenset({"nonce", "at_hash", "c_hash"})
SUBJECT: Final = re.compile(r"[\x21-\x7e]{1,128}")
_ROLES: Final = {role.value: role for role in Role}


class Authenticator:
    """Verifies tokens against a ring of keys, and remembers those that were good until they end."""

    def __init__(
        self,
        keys: KeyRing,
        *,
        issuer: str,
        audience: str,
        leeway: int = 10,
        remembered: int = 10_000,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway = min(leeway, LEEWAY_LIMIT)
        self._remembered = remembered
        self._now = now
        self._known: OrderedDict[bytes, Admitted] = OrderedDict()
        self._generation = keys.generation

    async def authenticate(self, authorization: bytes | None) -> Caller:
        return (await self.admit(authorization)).caller

    async def admit(self, authorization: bytes | None) -> Admitted:
        if authorization is None:
            raise Unauthenticated(NO_TOKEN)
        digest = hashlib.blake2b(authorization, digest_size=16).digest()
        return self._recall(digest) or await self._verify(digest, _bearer(authorization))

    def _recall(self, digest: bytes) -> Admitted | None:
        if self._generation != self._keys.generation:
            # A key was taken away or added: whatever was signed with it has to be looked at again.
            self._known.clear()
            self._generation = self._keys.generation
        known = self._known.get(digest)
        if known is None:
            return None
        if known.until + self._leeway <= self._now():
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return known

    async def _verify(self, digest: bytes, token: str) -> Admitted:
        claims = await self._claims(token)
        self._known[digest] = admitted = Admitted(_caller(claims), claims["exp"])
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return admitted

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.find(_kid(header))
            verified = jwt.api_jws.decode_complete(token, key=key.key, algorithms=[key.algorithm_name])
            claims = _unambiguous(verified["payload"])
            self._check(claims)
        except ExpiredSignatureError:
            raise Unauthenticated("The access token has expired: get a new one.") from None
        except ImmatureSignatureError:
            raise Unauthenticated("The access token is not valid yet: compare the clocks.") from None
        except (PyJWTError, ValueError, RecursionError, TypeError):
            raise Unauthenticated("The access token is not acceptable: get a new one from the issuer.") from None
        if str(header.get("typ", "")).lower() not in _TYPES or not _OF_AN_ID_TOKEN.isdisjoint(claims):
            raise Unauthenticated("This is no access token: send the one that was issued for this API.")
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        for name in ("exp", "iat", "nbf"):
            # PyJWT takes strings, fractions and `true` for a time as well.
            if name in claims and type(claims[name]) is not int:
                raise ValueError(name)
        now = self._now()
        for name in ("exp", "iat", "sub", "iss", "aud"):
            if claims.get(name) is None:
                raise ValueError(name)
        if claims["exp"] + self._leeway <= now:
            raise ExpiredSignatureError
        if claims["iat"] > now + self._leeway or claims.get("nbf", 0) > now + self._leeway:
            raise ImmatureSignatureError
        audience = claims["aud"]
        listed = audience if isinstance(audience, list) else [audience]
        if claims["iss"] != self._issuer or self._audience not in listed:
            raise ValueError("iss or aud")


def _bearer(authorization: bytes) -> str:
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise Unauthenticated(NO_TOKEN)
    if len(token) > TOKEN_LIMIT or not token.isascii():
        raise Unauthenticated(f"An access token has at most {TOKEN_LIMIT} ASCII characters.")
    return token.decode("ascii").strip()


def _kid(header: dict[str, Any]) -> str:
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 200:
        raise ValueError("kid")
    return kid


def _unambiguous(payload: bytes) -> dict[str, Any]:
    """Of a claim that stands twice one reader sees the first and another one the last, so neither is believed."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        claims = dict(pairs)
        if len(claims) != len(pairs):
            raise ValueError("duplicate")
        return claims

    claims = json.loads(payload, object_pairs_hook=members)
    if not isinstance(claims, dict):
        raise TypeError("claims")
    return claims


def _caller(claims: dict[str, Any]) -> Caller:
    subject, roles = claims["sub"], claims.get("roles", [])
    if not isinstance(subject, str) or not SUBJECT.fullmatch(subject) or not isinstance(roles, list):
        raise Unauthenticated("The access token is not acceptable: its subject or its roles can't be read.")
    return Caller(subject, frozenset(_ROLES[name] for name in roles if isinstance(name, str) and name in _ROLES))
