"""A rebuild takes no more memory for a longer log: it holds a stretch of it, and the documents folded lately."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.long_log import fill
from tests.backing import Backing
from tests.support.bare_environment import bare_environment
from tests.support.read_models.platform import Platform
from tests.support.relays.installation import fresh_database

pytestmark = pytest.mark.slow

SHORT, LONG = 20_000, 120_000
ROOM = 15.0
"""Megabytes by which two runs over the same log may differ."""


@pytest.fixture
def longer(platform: Platform, backing: Backing, template: str) -> Iterator[Platform]:
    with fresh_database(backing.postgres_url, template) as url:
        fill(platform.postgres_url, SHORT)
        fill(url, LONG)
        yield replace(platform, postgres_url=url)


def megabytes(platform: Platform, mutant: str = "none") -> float:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.read_models.measured", mutant, "order_summary"],
        env=bare_environment(platform.environment()),
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(json.loads(done.stdout)["megabytes"])


def test_a_log_six_times_as_long_takes_no_more_memory(platform: Platform, longer: Platform) -> None:
    assert megabytes(longer) < megabytes(platform) + ROOM


@pytest.mark.parametrize("mutant", ["reads_all_at_once", "remembers_everything"])
def test_a_rebuild_that_holds_what_grows_is_found_out(platform: Platform, longer: Platform, mutant: str) -> None:
    """The mutants: the test above can fail."""
    assert megabytes(longer, mutant) > megabytes(platform, mutant) + ROOM
