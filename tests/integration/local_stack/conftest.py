"""Stacks of these tests' own, beside the one that the run has for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from local_stack import ephemeral, options
from local_stack.stack import Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that is up, that this module may break, and that ends with the run however that ends."""
    folder = tmp_path_factory.mktemp("stack")
    ephemeral.up(folder, os.getpid())
    yield Stack(folder, replace(options.from_settings(), ports={}))
    ephemeral.end(folder)
