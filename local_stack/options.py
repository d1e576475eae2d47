"""What a user may decide about the local stack, read from the environment in this one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from eventing.errors import Misconfigured

PORT_NAMES = ("postgres", "redis", "kafka", "kafka_controller", "elasticsearch", "registry")
PORT_VARIABLE = "ORDERS_STACK_PORTS__"


@dataclass(frozen=True, slots=True)
class Options:
    stack_dir: Path
    cache_dir: Path
    user: str = "nobody"
    """Who runs the servers when root starts them: some of them refuse to run as root."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """The ports that are fixed; the others are chosen."""


def from_environment(environ: Mapping[str, str] = os.environ) -> Options:
    return Options(
        stack_dir=Path(environ.get("ORDERS_STACK_DIR") or ".orders").expanduser().absolute(),
        cache_dir=_cache_dir(environ).expanduser().absolute(),
        user=environ.get("ORDERS_STACK_USER") or "nobody",
        ports=dict(_fixed_ports(environ)),
    )


def variable(port_name: str) -> str:
    return PORT_VARIABLE + port_name.upper()


def _cache_dir(environ: Mapping[str, str]) -> Path:
    if given := environ.get("ORDERS_CACHE_DIR"):
        return Path(given)
    return Path(environ.get("XDG_CACHE_HOME") or "~/.cache") / "orderloom"


def _fixed_ports(environ: Mapping[str, str]) -> list[tuple[str, int]]:
    given = [(name, environ[variable(name)]) for name in PORT_NAMES if environ.get(variable(name))]
    for name, text in given:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
            raise Misconfigured(f"{variable(name)} is {text!r}: give a port from 1 to 65535, or leave it out.")
    return [(name, int(text)) for name, text in given]
