"""Tokens good and bad, the keys that sign them, and a source that publishes those keys."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from eventing.web.auth import Authenticator, Caller
from tests.support.web import AUDIENCE, ISSUER

NOW = 1_800_000_000
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
PRIVATE: dict[str, tuple[Any, str]] = {"rsa": (RSA, "RS256"), "ec": (EC, "ES256"), "ed": (ED, "EdDSA")}


def jwks() -> dict[str, Any]:
    public = {
        "rsa": RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True),
        "ec": ECAlgorithm.to_jwk(EC.public_key(), as_dict=True),
        "ed": OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True),
    }
    return {"keys": [{**key, "kid": kid, "alg": PRIVATE[kid][1], "use": "sig"} for kid, key in public.items()]}


class Issuer:
    """The source of keys; it counts how often it is asked."""

    def __init__(self) -> None:
        self.document: Any = jwks()
        self.asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        if isinstance(self.document, Exception):
            raise self.document
        return json.dumps(self.document).encode()


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


def claims(**changed: Any) -> dict[str, Any]:
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": NOW, "exp": NOW + 900, "roles": ["customer"]}
    return {name: value for name, value in {**whole, **changed}.items() if value is not ...}


def signed(
    kid: str = "ed", header: Mapping[str, Any] | None = None, payload: bytes | None = None, **changed: Any
) -> str:
    """A token signed by one of our keys, whatever stands in it."""
    key, algorithm = PRIVATE[kid]
    head = {name: value for name, value in {"typ": "at+jwt", "kid": kid, **(header or {})}.items() if value is not ...}
    body = payload if payload is not None else json.dumps(claims(**changed)).encode()
    return jwt.api_jws.encode(body, key, algorithm=algorithm, headers=head)


def segment(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hand_made(header: Any, signature: bytes = b"", **changed: Any) -> str:
    return ".".join((segment(header), segment(claims(**changed)), segment(signature)))


async def caller_of(door: Authenticator, token: str) -> Caller:
    return await door.authenticate(b"Bearer " + token.encode())
