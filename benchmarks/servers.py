"""Where the servers come from: the addresses in the environment, else the local stack, which is started if need be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from pydantic import SecretStr

from benchmarks.cpu import CpuClock, listening_on
from eventing.settings import Settings, read_settings
from local_stack.stack import Stack
from operations.resolve import PLACES, filled, resolved_settings
from operations.stack_progress import StackProgress

POSTGRES_PORT = 5432


@dataclass(frozen=True, slots=True)
class Servers:
    """In the order of `operations.resolve.PLACES`; one that no chosen hop needs may be empty."""

    postgres_url: str
    kafka_bootstrap: str
    elasticsearch_url: str
    redis_url: str
    registry_url: str

    def cpu_clock(self) -> CpuClock:
        return CpuClock({os.getpid()} | listening_on(ports(getattr(self, each.name) for each in fields(self))))


def ports(addresses: Iterable[str]) -> set[int]:
    given = [address for address in addresses if address]
    parts = [urlsplit(address if "://" in address else f"kafka://{address.split(',')[0]}") for address in given]
    return {part.port or POSTGRES_PORT for part in parts}


@contextmanager
def found(needed: frozenset[str]) -> Iterator[Servers]:
    """Given addresses are used as they are. A stack that had to be started for this is stopped again."""
    settings, _ = filled(read_settings())
    if any(place.address(settings) for place in PLACES):
        yield servers_of(resolved_settings(sorted(needed)))
        return
    stack = Stack(settings.stack_dir)
    with StackProgress() as progress:
        stack.up(progress)
    try:
        yield servers_of(resolved_settings(sorted(needed)))
    finally:
        stack.down()


def servers_of(settings: Settings) -> Servers:
    return Servers(*(plain(place.address(settings)) for place in PLACES))


def plain(address: object) -> str:
    return str(address.get_secret_value() if isinstance(address, SecretStr) else address or "")
