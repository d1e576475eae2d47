"""One platform for the tests of a module, as `orders up` runs it."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator

import pytest

from tests.backing import Backing
from tests.support.relays.installation import fresh_database
from tests.support.standing import Standing

STOCK = 10_000
SPANS_FILE = "spans.jsonl"
DEADLINE_SECONDS = "25"
"""Of the steps for which somebody outside is asked; those that are not to miss it take a small part of that."""


@pytest.fixture(scope="module")
def platform(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    names = secrets.choice(string.ascii_lowercase) + secrets.token_hex(5)
    with (
        fresh_database(backing.postgres_url) as database,
        Standing(
            backing,
            database,
            names,
            folder := tmp_path_factory.mktemp("orders"),
            TRACING__FILE=str(folder / SPANS_FILE),
            SAGA__PAYMENT_SECONDS=DEADLINE_SECONDS,
            SAGA__SHIPPING_SECONDS=DEADLINE_SECONDS,
            SAGA__ASK_SECONDS="5",
            SAGA__LEASE_SECONDS="6",
            SAGA__LONGEST_PAUSE="1",
            PAYMENTS__ATTEMPT_SECONDS="4",
            CARRIER__ATTEMPT_SECONDS="4",
            PAYMENTS__BREAKER_FAILURES="10",
            CARRIER__BREAKER_FAILURES="10",
        ) as platform,
    ):
        platform.sells("MUG-7", STOCK)
        platform.sells("RARE-1", 1)
        yield platform
