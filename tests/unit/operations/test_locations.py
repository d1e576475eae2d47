from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.locations import HIDDEN, masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://orders:hunter2@db:5432/orders", f"postgresql://orders:{HIDDEN}@db:5432/orders"),
        ("postgresql://orders:p@h1:1,h2:2/orders", f"postgresql://orders:{HIDDEN}@h1:1,h2:2/orders"),
        ("redis://:hunter2@cache:6379/0", f"redis://:{HIDDEN}@cache:6379/0"),
        ("http://search:9200", "http://search:9200"),
        ("http://[::1]:9200", "http://[::1]:9200"),
        # a user without a password is often a token
        ("https://hunter2@search", f"https://{HIDDEN}@search"),
        # a query can hold a password too
        ("postgresql://db/orders?password=hunter2", f"postgresql://db/orders?{HIDDEN}"),
        # cut in the wrong place these would show a part of it
        ("postgresql://orders:hun/ter2@db:5432/orders", HIDDEN),
        ("postgresql://orders:hun#ter2@db:5432/orders", HIDDEN),
        ("postgresql://orders:hunter2", f"{HIDDEN}"),
        ("hunter2", HIDDEN),
    ],
)
def test_an_address_is_shown_without_what_is_secret_in_it(address: str, shown: str) -> None:
    assert masked(address) == shown


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=6, max_size=30))
def test_a_password_of_any_signs_stays_hidden(password: str) -> None:
    secret = f"Q9{password}Z7"

    shown = masked(f"postgresql://orders:{secret}@db.example:5432/orders")

    assert secret not in shown
    assert not any(
        part in shown
        for part in secret.replace("@", "/").replace("#", "/").replace("?", "/").split("/")
        if len(part) > 7
    )
