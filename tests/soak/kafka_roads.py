"""Two more ways to the stack's own Kafka, each through a proxy, whose address is what the broker tells its clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local_stack import stack
from local_stack.server import Server
from local_stack.servers.kafka import Kafka
from local_stack.site import Site
from local_stack.state import HOST


class KafkaByRoads(Kafka):
    def __init__(self, ports: Mapping[str, int], advertised: Mapping[str, int]) -> None:
        """By road: where the broker listens, and where its clients are to come."""
        self._ports = ports
        self._advertised = advertised

    def prepare(self, site: Site) -> None:
        super().prepare(site)
        file = site.config(self.name) / "server.properties"
        # Of a property that stands there twice, Java takes the last.
        site.account.write(file, file.read_text(encoding="utf-8") + self._listeners(site))

    def _listeners(self, site: Site) -> str:
        straight = f"PLAINTEXT://{HOST}:{site.port('kafka')}"
        listening = [f"ROAD_{road.upper()}://{HOST}:{port}" for road, port in self._ports.items()]
        told = [f"ROAD_{road.upper()}://{HOST}:{port}" for road, port in self._advertised.items()]
        names = ["PLAINTEXT", "CONTROLLER", *(f"ROAD_{road.upper()}" for road in self._ports)]
        settings = {
            "listeners": ",".join([straight, f"CONTROLLER://{HOST}:{site.port('kafka_controller')}", *listening]),
            "advertised.listeners": ",".join([straight, *told]),
            "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in names),
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())


@contextmanager
def by_roads(kafka: KafkaByRoads) -> Iterator[None]:
    """Stacks that this process starts meanwhile have it as their Kafka."""
    usual: tuple[Server, ...] = stack.SERVERS
    stack.SERVERS = tuple(kafka if isinstance(server, Kafka) else server for server in usual)
    try:
        yield
    finally:
        stack.SERVERS = usual
