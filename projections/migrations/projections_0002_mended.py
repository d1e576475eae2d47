"""Repairs of a build, and which of them its projectors know of."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "projections_0002"
down_revision = "projections_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__, "projections_0002.sql")
