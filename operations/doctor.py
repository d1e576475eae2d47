"""Everything that the platform needs, looked at together."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from eventing.errors import Misconfigured
from eventing.settings import Settings, read_settings
from local_stack import options
from operations.checks.finding import Check, Finding
from operations.checks.machine import MAKE, PACKAGES, PYTHON, disk_check, memory_check
from operations.checks.ports import ports_check
from operations.checks.servers import SERVER_CHECKS, run_at_once
from operations.resolve import PLACES, filled

NOWHERE: Final = (
    "no servers: no addresses are given and no local stack runs; start one with `orders stack up`, "
    f"or set {', '.join(place.variable for place in PLACES)}."
)


def examine() -> list[Finding]:
    settings, from_stack = filled(read_settings())
    return run_at_once(checks_for(settings, stack_runs=bool(from_stack)), settings)


def checks_for(settings: Settings, *, stack_runs: bool) -> list[Check]:
    """Memory and disk for a local stack are asked for only where one is needed."""
    without_address = [place for place in PLACES if place.address(settings) is None]
    local = stack_runs or bool(without_address)
    checks = [
        PYTHON,
        PACKAGES,
        MAKE,
        memory_check(for_stack=local and not stack_runs),
        ports_check(stack_runs=stack_runs),
    ]
    if local:
        checks.append(disk_check("cache", settings.cache_dir or _default_cache(), "ORDERS_CACHE_DIR"))
        checks.append(disk_check("stack", settings.stack_dir, "ORDERS_STACK_DIR"))
    if len(without_address) == len(PLACES):
        return [*checks, Check("servers", _no_servers)]
    return [*checks, *SERVER_CHECKS]


def _default_cache() -> Path:
    return options.from_settings().cache_dir


def _no_servers(_settings: Settings) -> str:
    raise Misconfigured(NOWHERE)
