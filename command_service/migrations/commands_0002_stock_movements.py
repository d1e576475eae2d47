"""Every delivery note and count is booked once, for ever."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "commands_0002"
down_revision = "commands_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__, "0002_stock_movements.sql")
