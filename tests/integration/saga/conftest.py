"""A platform for the tests of one module; each test uses goods and orders of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backing import Backing
from tests.support.relays.installation import template_database
from tests.support.saga.platform import World
from tests.support.saga.platform import world as made_world


@pytest.fixture(scope="session")
def migrated(backing: Backing) -> Iterator[str]:
    with template_database(backing.postgres_url) as name:
        yield name


@pytest.fixture(scope="module")
def world(backing: Backing, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("world")
    with made_world(backing, migrated, folder, f"saga{secrets.token_hex(4)}") as made:
        yield made


@pytest.fixture
def sku() -> str:
    """A product that no other test knows."""
    return f"MUG-{secrets.token_hex(4)}"
