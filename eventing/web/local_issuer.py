"""An issuer of access tokens for one machine: for the demo, for development and for tests. Production has its own.

Its key pair is one file that only its owner can read. The API reads the same file for the public half.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWK

from eventing.errors import Misconfigured
from eventing.web.auth import Role

ALGORITHM = "EdDSA"


class LocalIssuer:
    def __init__(self, path: Path, *, issuer: str, audience: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._key = _read_or_create(path)

    def issue(self, subject: str, roles: Iterable[Role], *, minutes: float = 15, now: float | None = None) -> str:
        issued = int(time.time() if now is None else now)
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "iat": issued,
            "exp": issued + round(minutes * 60),
            "jti": str(uuid4()),
            "roles": sorted(roles),
        }
        return jwt.encode(claims, self._key, ALGORITHM, {"typ": "at+jwt", "kid": self._key.key_id})


def _read_or_create(path: Path) -> PyJWK:
    """Two processes may come at once: whoever links its file first has made the key, the other one reads it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{uuid4().hex}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"keys": [_new_key()]}, file)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _read(path)


def _read(path: Path) -> PyJWK:
    try:
        if path.stat().st_mode & 0o077:
            raise Misconfigured(f"{path} can be read by others, and it signs tokens: chmod 600 it, or delete it.")
        return PyJWK(json.loads(path.read_text())["keys"][0])
    except (ValueError, KeyError, IndexError, TypeError, jwt.PyJWTError):
        raise Misconfigured(f"{path} is no key of the local issuer: delete it, and a new one is made.") from None


def _new_key() -> dict[str, str]:
    private = Ed25519PrivateKey.generate()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "use": "sig",
        "alg": ALGORITHM,
        "kid": uuid4().hex,
        "x": _base64(private.public_key().public_bytes_raw()),
        "d": _base64(private.private_bytes_raw()),
    }


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
