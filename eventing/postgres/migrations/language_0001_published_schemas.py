"""Under which topic, subject and id of the schema registry each type and version of event is sent."""

from __future__ import annotations

from eventing.postgres.migrating import run_sql_beside

revision = "language_0001"
down_revision = None
branch_labels = ("event_language",)
depends_on = "store_0001"


def upgrade() -> None:
    run_sql_beside(__file__, "language_0001_published_schemas.sql")
