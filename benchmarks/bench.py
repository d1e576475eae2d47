"""What a hop is given to work with: the servers, fresh databases, the effort, and a place to say what was skipped."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from benchmarks.rounds import Effort

if TYPE_CHECKING:
    from benchmarks.servers import Servers

BUILD = Path("build")


@dataclass(slots=True)
class Bench:
    servers: Servers
    effort: Effort
    skipped: dict[str, str] = field(default_factory=dict)

    def skip(self, peer: str, reason: str) -> None:
        """A peer that can't be had is named with the reason, never left out in silence."""
        self.skipped[peer] = reason

    def name(self, what: str) -> str:
        """A name of our own for a database, topic or index, so that nobody else's data are touched."""
        return f"bench_{what}_{secrets.token_hex(3)}"

    @asynccontextmanager
    async def database(self, what: str) -> AsyncIterator[str]:
        """A fresh database; its address."""
        name = self.name(what)
        with psycopg.connect(self.servers.postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            try:
                yield with_database(self.servers.postgres_url, name)
            finally:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
