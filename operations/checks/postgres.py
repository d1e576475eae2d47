"""PostgreSQL 15 or newer."""

from __future__ import annotations

import re
from typing import Final

from eventing.errors import Misconfigured
from eventing.locations import masked
from eventing.settings import Settings
from operations.checks.finding import PATIENCE, Check, Server, first_line, not_given

OLDEST: Final = 150000

# libpq tells no SQLSTATE of a refused login, only words.
_LOGIN_REFUSED: Final = re.compile(r"password|authentication|role .* does not exist|no pg_hba.conf entry")
_NO_SUCH_DATABASE: Final = re.compile(r"database .* does not exist")
_NOT_POSTGRES: Final = re.compile(r"invalid response|unexpected|expected authentication request|protocol")


def look(settings: Settings) -> str:
    import psycopg

    if settings.postgres.url is None:
        raise not_given("PostgreSQL", "ORDERS_POSTGRES__URL")
    url = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql://", settings.postgres.url.get_secret_value())
    server = Server("PostgreSQL", "ORDERS_POSTGRES__URL", masked(url))
    try:
        with psycopg.connect(url, connect_timeout=int(PATIENCE), autocommit=True) as connection:
            version = connection.info.server_version
            connection.execute("select 1")
    except psycopg.Error as error:
        raise _explain(server, str(error)) from None
    if version < OLDEST:
        raise server.too_old(_spoken(version), "15 or newer")
    return server.found(_spoken(version))


def _explain(server: Server, why: str) -> Misconfigured:
    # "connection failed: connection to server at …, port …: FATAL:  password authentication failed for user …"
    why = re.sub(r"^(connection failed: )?connection to server .*? failed: ", "", why).replace("FATAL:", "").strip()
    if _LOGIN_REFUSED.search(why):
        return server.refuses_us(why)
    if _NO_SUCH_DATABASE.search(why):
        return Misconfigured(f"{server.address}: {first_line(why)}. Create it, or correct {server.variable}.")
    if _NOT_POSTGRES.search(why):
        return server.stranger(why)
    return server.unreachable(why)


def _spoken(version: int) -> str:
    return f"{version // 10000}.{version % 10000}"


CHECK = Check("postgres", look, ("psycopg",))
