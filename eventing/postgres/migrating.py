"""Brings a database's schema up to date, from wherever the package is installed.

Each part that keeps tables has a folder `migrations` of its own with a branch of its own:

    revision = "relay_0001"
    down_revision = None                # the branch's first; later ones name the one before
    branch_labels = ("outbox_relay",)   # the first one only
    depends_on = "store_0001"           # if it needs the event store's tables or role

Everything that is missing is done in one transaction, under a lock: two processes that start at once do it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from eventing.errors import Misconfigured, Unavailable
from eventing.postgres.addresses import conninfo_of

EVENT_STORE: Final = Path(__file__).parent / "migrations"
_ENVIRONMENT: Final = Path(__file__).parent / "migration_environment"
_LOCK: Final = 7205322
_WAIT: Final = "30s"


class SchemaState(NamedTuple):
    applied: frozenset[str]
    missing: Sequence[str]
    """In the order in which they would be applied."""


def upgrade(url: str, locations: Sequence[Path] = (EVENT_STORE,)) -> Sequence[str]:
    """Applies what is missing and says what that was."""
    try:
        with _connection(url) as connection, connection.begin():
            return _upgraded(connection, _config(locations))
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise Misconfigured(f"This user may not upgrade the database: {error.orig.diag.message_primary}") from error


def state(url: str, locations: Sequence[Path] = (EVENT_STORE,)) -> SchemaState:
    with _connection(url) as connection:
        return _state(connection, _config(locations))


def _upgraded(connection: Connection, config: Config) -> Sequence[str]:
    connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT}'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    missing = _state(connection, config).missing
    if missing:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
    return missing


def run_sql_beside(migration: str, *files: str) -> None:
    """Called by a migration: runs SQL files that lie beside it, as they are."""
    for file in files:
        statements = Path(migration).with_name(file).read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})


def _config(locations: Sequence[Path]) -> Config:
    config = Config()
    config.set_main_option("script_location", _escaped(_ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(_escaped, locations)))
    return config


def _escaped(path: Path) -> str:
    """Alembic's options are interpolated."""
    return str(path).replace("%", "%%")


def _connection(url: str) -> Connection:
    try:
        return create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo_of(url)), poolclass=NullPool
        ).connect()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        raise Unavailable(f"Postgres can't be reached: {reason}.") from error


def _state(connection: Connection, config: Config) -> SchemaState:
    scripts = ScriptDirectory.from_config(config)
    heads = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in scripts.walk_revisions()}
    if unknown := set(heads) - known:
        raise Misconfigured(
            f"The database was upgraded by a newer Orderloom (it knows {', '.join(sorted(unknown))}): use that one."
        )
    applied = (
        frozenset(script.revision for script in scripts.iterate_revisions(heads, "base")) if heads else frozenset()
    )
    ordered = [script.revision for script in scripts.walk_revisions()][::-1]
    return SchemaState(applied, [revision for revision in ordered if revision not in applied])
