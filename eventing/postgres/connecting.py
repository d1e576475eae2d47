"""Connections of the services: under their role, and with bounds, so that none holds up others when its client dies."""

from __future__ import annotations

import asyncio
from typing import Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from eventing.consuming import Superseded
from eventing.errors import Misconfigured, OrderloomError, Unavailable
from eventing.postgres.addresses import SERVICE_ROLE, conninfo_of

T = TypeVar("T")

CONNECT_TIMEOUT: Final = 5
PATIENCE: Final = 30.0
"""Seconds for one statement."""

_NETWORK: Final[dict[str, str | int]] = {
    "connect_timeout": CONNECT_TIMEOUT,
    # Without these a server that vanished is noticed after two hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

_SESSION: Final = {
    "role": SERVICE_ROLE,
    "timezone": "UTC",
    # Whoever is paused between two statements of a transaction gives its locks back.
    "idle_in_transaction_session_timeout": "5s",
    "lock_timeout": "3s",
    "statement_timeout": f"{PATIENCE:g}s",
    # The server notices by itself that a client which waits for it has gone.
    "client_connection_check_interval": "2s",
    # Plans made for arrays of unknown length are the right ones for each length here.
    "plan_cache_mode": "force_generic_plan",
}

NOT_UPGRADED: Final = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)
SUPERSEDED: Final = "OL003"
"""What `move_consumer_marks` raises where another process has come further."""
_WRONG_CREDENTIALS: Final = ("28000", "28P01")


def conninfo(url: str, *, application_name: str, **session: str) -> str:
    options = " ".join(f"-c {name}={value}" for name, value in (_SESSION | session).items())
    return conninfo_of(url, application_name=application_name, options=options, **_NETWORK)


class PatientConnection(psycopg.AsyncConnection[TupleRow]):
    """Waits for no answer without a bound. The server's own bound does not help where its answer gets lost, and where a
    proxy stands between, it is the proxy that answers keepalives."""

    patience: float = PATIENCE

    async def wait(
        self,
        gen: PQGen[T],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 - as the driver has it
    ) -> T:
        return await super().wait(gen, interval, self.patience if timeout is None else timeout)


async def connect(
    url: str, *, application_name: str = "orderloom", patience: float = PATIENCE, **session: str
) -> psycopg.AsyncConnection:
    """An autocommit connection. Raises `Unavailable`, or `Misconfigured` where trying again can't help."""
    bounded = {"statement_timeout": f"{round(patience * 1000)}ms"} | session
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT + 1):
            connection = await PatientConnection.connect(
                conninfo(url, application_name=application_name, **bounded), autocommit=True
            )
    except TimeoutError as error:
        raise Unavailable("Postgres does not answer: check its address and that it runs.") from error
    except psycopg.OperationalError as error:
        raise explained(error) from error
    connection.patience = patience
    return connection


def explained(error: psycopg.Error) -> OrderloomError:
    """Where nobody was reached, the last line says why; the lines before it, which addresses were tried."""
    if error.sqlstate == SUPERSEDED:
        return Superseded()
    said = error.diag.message_primary or (str(error).strip().splitlines() or ["no answer"])[-1]
    if isinstance(error, NOT_UPGRADED):
        return Unavailable("The database lacks tables, columns or functions of the platform: run `orders db upgrade`.")
    if SERVICE_ROLE in said and "permission denied" in said:
        return Misconfigured(
            f"This user of Postgres may not act as {SERVICE_ROLE}: let the owner run GRANT {SERVICE_ROLE} TO it."
        )
    if SERVICE_ROLE in said:
        return Misconfigured("The database is not ready for the services: run `orders db upgrade`.")
    if error.sqlstate in _WRONG_CREDENTIALS or "authentication failed" in said:
        return Misconfigured(f"Postgres refuses these credentials ({said}): set ORDERS_POSTGRES__URL.")
    return Unavailable(f"Postgres can't be reached: {said}")
