"""What a program under test inherits: nothing of what is set for the platform in the shell that runs the tests."""

from __future__ import annotations

import os
from collections.abc import Mapping


def bare_environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """With what is given instead."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")}
    return {**bare, **(given or {})}
