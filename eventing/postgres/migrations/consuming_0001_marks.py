"""Consumers: how far each has come, and what it could not handle."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "consuming_0001"
down_revision = None
branch_labels = ("consuming",)
depends_on = "store_0001"


def upgrade() -> None:
    run_sql_beside(__file__, "consuming_0001.sql")
