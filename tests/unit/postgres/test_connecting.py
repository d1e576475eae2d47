"""What a failure of PostgreSQL is called, in one sentence."""

from __future__ import annotations

import psycopg
import pytest

from eventing.errors import Misconfigured, Unavailable
from eventing.postgres.connecting import explained


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            psycopg.errors.UndefinedTable('relation "relays" does not exist\nLINE 1: SELECT … FROM relays\n        ^'),
            Unavailable,
            "The database lacks tables, columns or functions of the platform: run `orders db upgrade`.",
        ),
        (
            psycopg.errors.UndefinedColumn('column "mended" does not exist'),
            Unavailable,
            "The database lacks tables, columns or functions of the platform: run `orders db upgrade`.",
        ),
        (
            psycopg.OperationalError("connection failed: tried ::1\nConnection refused"),
            Unavailable,
            "Postgres can't be reached: Connection refused",
        ),
        (psycopg.OperationalError(""), Unavailable, "Postgres can't be reached: no answer"),
        (
            psycopg.OperationalError('FATAL:  role "orderloom_service" does not exist'),
            Misconfigured,
            "The database is not ready for the services: run `orders db upgrade`.",
        ),
    ],
)
def test_a_failure_is_told_in_one_sentence(error: psycopg.Error, kind: type[Exception], sentence: str) -> None:
    told = explained(error)

    assert type(told) is kind
    assert str(told) == sentence
