"""The relay: how far it has come, how it goes, how it is tuned."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "relay_0001"
down_revision = None
branch_labels = ("outbox_relay",)
depends_on = "leases_0001"


def upgrade() -> None:
    run_sql_beside(__file__, "relay_0001.sql")
