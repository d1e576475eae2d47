"""Where the parts of the platform keep their migrations: folders `migrations` of its packages. A new one is found."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PACKAGES: Final = (
    "eventing",
    "event_schemas",
    "command_service",
    "outbox_relay",
    "saga_choreography",
    "projections",
)


def locations() -> Sequence[Path]:
    found: list[Path] = []
    for package in PACKAGES:
        spec = find_spec(package)
        for root in (spec.submodule_search_locations or ()) if spec else ():
            found += sorted(path for path in Path(root).rglob("migrations") if any(path.glob("*.py")))
    return found
