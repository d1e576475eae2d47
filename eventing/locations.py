"""Addresses of servers: checked when they are given, and shown without what is secret in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

HIDDEN: Final = "••••••"

# Only an address of exactly this shape is shown in part. Anything unusual, such as a password with an unescaped slash,
# would be cut in the wrong place, and is hidden whole.
_ADDRESS: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+]*://)"
    r"(?:(?P<user>[\w.%~+-]*)(?P<password>:[^@/?#\s]*)?@)?"
    r"(?P<host>(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?(?:,[\w.-]+(?::\d+)?)*)"
    r"(?P<path>/[\w./-]*)?"
    r"(?P<query>\?.*)?"
)

_BROKER: Final = r"([\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}"


def masked(secret: str) -> str:
    found = _ADDRESS.fullmatch(secret)
    if found is None:
        return HIDDEN
    user = ""
    if found["user"] is not None:
        # Without a password the user part is often a token.
        user = f"{found['user']}:{HIDDEN}@" if found["password"] else f"{HIDDEN}@"
    query = f"?{HIDDEN}" if found["query"] else ""
    return f"{found['scheme']}{user}{found['host']}{found['path'] or ''}{query}"


def address_check(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """A validator for an address with one of these schemes and a host; its message never repeats the address."""

    def check(secret: SecretStr) -> SecretStr:
        if not _is_address(secret.get_secret_value(), schemes):
            raise ValueError(f"should look like {schemes[0]}://user:password@host:port, with special signs escaped")
        return secret

    return check


def brokers_check(brokers: str) -> str:
    if not re.fullmatch(_BROKER + f"(,{_BROKER})*", brokers):
        raise ValueError("should be host:port, or several of them with commas between")
    return brokers


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname or (parts.scheme == "unix" and parts.path))
