"""The saga: promising stock, what the outside world has to answer, deadlines."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "saga_0001"
down_revision = None
branch_labels = ("saga_choreography",)
depends_on = ("commands_0002", "consuming_0001")


def upgrade() -> None:
    run_sql_beside(__file__, "saga_0001.sql")
