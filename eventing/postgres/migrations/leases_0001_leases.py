"""Leases: who leads, under which epoch, and until when."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "leases_0001"
down_revision = None
branch_labels = ("leases",)
depends_on = "store_0001"


def upgrade() -> None:
    run_sql_beside(__file__, "leases_0001.sql")
