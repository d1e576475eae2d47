"""Read models: which builds there are, and how their projectors fare."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "projections_0001"
down_revision = None
branch_labels = ("projections",)
depends_on = "consuming_0001"


def upgrade() -> None:
    run_sql_beside(__file__, "projections_0001.sql")
