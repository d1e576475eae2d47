"""Run by Alembic. The connection and its transaction are given by `eventing.postgres.migrating`."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
