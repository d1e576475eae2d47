"""Refuses to measure a database that may forget what it acknowledged: all contenders write with equal safety."""

from __future__ import annotations

import psycopg

from eventing.errors import Misconfigured

MUST_BE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def assert_durable(database_url: str) -> dict[str, str]:
    with psycopg.connect(database_url) as connection:
        found = {name: str(connection.execute(f"SHOW {name}").fetchall()[0][0]) for name in MUST_BE}
    for name, wanted in MUST_BE.items():
        if found[name] != wanted:
            raise Misconfigured(
                f"Postgres runs with {name} = {found[name]}: set it to {wanted}, since figures of writes "
                "that may be lost mean nothing."
            )
    return found
