"""The address of Postgres, in the form that libpq takes.

Read by hand and not by SQLAlchemy, which most of the processes need for nothing else, and which takes them a third of a
second to import whenever they start.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg.conninfo import make_conninfo

from eventing.errors import Misconfigured
from eventing.settings import Settings

SERVICE_ROLE: Final = "orderloom_service"
"""What a service may do is granted to this role by the migrations; it connects and runs as it."""

_SCHEMES: Final = ("postgresql", "postgres", "postgresql+psycopg")


def postgres_url(settings: Settings) -> str:
    if settings.postgres.url is None:
        raise Misconfigured("There is no address for Postgres: set ORDERS_POSTGRES__URL.")
    return settings.postgres.url.get_secret_value()


def conninfo_of(url: str, **more: str | int) -> str:
    """A password may have any character in it, also one that ought to have been escaped."""
    try:
        parts = urlsplit(url)
        said: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port,
            "user": _plain(parts.username),
            "password": _plain(parts.password),
            "dbname": _plain(parts.path.removeprefix("/")),
            **dict(parse_qsl(parts.query)),
        }
        if parts.scheme not in _SCHEMES:
            raise ValueError(parts.scheme)
        return make_conninfo("", **{name: value for name, value in {**said, **more}.items() if value})
    except (ValueError, psycopg.ProgrammingError) as error:
        raise Misconfigured(
            "The address of Postgres should look like postgresql://user:password@host:port/name."
        ) from error


def _plain(text: str | None) -> str | None:
    return text and unquote(text)
