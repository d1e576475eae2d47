"""Where the servers come from: the addresses in the environment, else the local stack, which is started if need be."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from benchmarks.cpu import CpuClock, listening_on

POSTGRES_PORT = 5432


@dataclass(frozen=True, slots=True)
class Servers:
    postgres_url: str
    kafka_bootstrap: str
    elasticsearch_url: str
    redis_url: str
    registry_url: str

    def cpu_clock(self) -> CpuClock:
        return CpuClock({os.getpid()} | listening_on(ports(getattr(self, each.name) for each in fields(self))))


def ports(addresses: Iterable[str]) -> set[int]:
    parts = [urlsplit(address if "://" in address else f"kafka://{address.split(',')[0]}") for address in addresses]
    return {part.port or POSTGRES_PORT for part in parts}


def find() -> Servers:
    return Servers(
        postgres_url=os.environ["ORDERS_POSTGRES__URL"],
        kafka_bootstrap=os.environ.get("ORDERS_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
        elasticsearch_url=os.environ.get("ORDERS_ELASTICSEARCH__URL", "http://127.0.0.1:9200"),
        redis_url=os.environ.get("ORDERS_REDIS__URL", "redis://127.0.0.1:6379/0"),
        registry_url=os.environ.get("ORDERS_REGISTRY__URL", "http://127.0.0.1:8080"),
    )
