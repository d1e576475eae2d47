"""What a user may decide about the local stack: the part of the settings that it reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from eventing.settings import read_settings

PORT_NAMES = ("postgres", "redis", "kafka", "kafka_controller", "elasticsearch", "registry")


@dataclass(frozen=True, slots=True)
class Options:
    stack_dir: Path
    cache_dir: Path
    user: str = "nobody"
    """Who runs the servers when root starts them: some of them refuse to run as root."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """The ports that are fixed; the others are chosen."""


def from_settings() -> Options:
    settings = read_settings()
    ports = {name: getattr(settings.stack_ports, name) for name in PORT_NAMES}
    return Options(
        stack_dir=settings.stack_dir.expanduser().absolute(),
        cache_dir=_cache_dir(settings.cache_dir),
        user=settings.stack_user,
        ports={name: port for name, port in ports.items() if port},
    )


def variable(port_name: str) -> str:
    return f"ORDERS_STACK_PORTS__{port_name.upper()}"


def _cache_dir(given: Path | None) -> Path:
    return (given or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "orderloom").expanduser().absolute()
