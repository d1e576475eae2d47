"""One file a hop: each module here that has a `HOP` is found."""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.contest import Hop
from eventing.errors import Misconfigured


def discover(only: str | None = None, *, full: bool = True) -> list[Hop]:
    modules = sorted(found.name for found in pkgutil.iter_modules(__path__))
    if only is not None and only not in modules:
        raise Misconfigured(f"There is no hop {only!r}: HOP is one of {', '.join(modules)}.")
    chosen = [only] if only else modules
    hops = [importlib.import_module(f"{__name__}.{name}").HOP for name in chosen]
    assert all(isinstance(hop, Hop) for hop in hops)
    return [hop for hop in hops if only or full or not hop.long]
