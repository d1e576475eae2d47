"""An address of Postgres means the same to the platform as to everybody else."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from eventing.errors import Misconfigured
from eventing.postgres.addresses import conninfo_of


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        (
            "postgresql://orders:secret@db.example:5433/shop",
            {"host": "db.example", "port": "5433", "user": "orders", "password": "secret", "dbname": "shop"},
        ),
        ("postgresql+psycopg://orders@db.example/shop", {"host": "db.example", "user": "orders", "dbname": "shop"}),
        (
            "postgresql://o:p%40ss%2Fword%20'x@h/d",
            {"host": "h", "user": "o", "password": "p@ss/word 'x", "dbname": "d"},
        ),
        ("postgresql://o:p@ss@h/d", {"host": "h", "user": "o", "password": "p@ss", "dbname": "d"}),
        ("postgresql://o@[::1]:5432/d", {"host": "::1", "port": "5432", "user": "o", "dbname": "d"}),
        (
            "postgres://o@/d?host=/run/postgresql&sslmode=require",
            {"host": "/run/postgresql", "user": "o", "dbname": "d", "sslmode": "require"},
        ),
    ],
)
def test_each_part_of_it_is_found(url: str, meant: dict[str, str]) -> None:
    assert conninfo_to_dict(conninfo_of(url)) == meant


def test_what_a_connection_needs_besides_is_added() -> None:
    url = "postgresql://h/d?connect_timeout=1"

    assert conninfo_to_dict(conninfo_of(url, connect_timeout=5, application_name="orders")) == {
        "host": "h",
        "dbname": "d",
        "connect_timeout": "5",
        "application_name": "orders",
    }


@pytest.mark.parametrize(
    "url",
    ["mysql://h/d", "db.example/shop", "postgresql://h:door/d", "postgresql://h/d?colour=blue", "postgresql://[/d"],
)
def test_what_is_no_address_is_told_in_one_sentence(url: str) -> None:
    with pytest.raises(Misconfigured, match="should look like postgresql://"):
        conninfo_of(url)
