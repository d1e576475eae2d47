"""Prices and stock levels, kept in the transaction of the events that change them."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "commands_0001"
down_revision = None
branch_labels = ("command_service",)
depends_on = "store_0001"


def upgrade() -> None:
    run_sql_beside(__file__, "0001_catalogue.sql", "0001_stock_levels.sql")
