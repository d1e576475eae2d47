"""The event store: the log, what was answered, snapshots, the functions that append, the role of the services."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "store_0001"
down_revision = None
branch_labels = ("event_store",)
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__, "0001_event_store.sql", "0001_append_events.sql", "0001_role.sql")
