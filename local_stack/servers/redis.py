"""Redis, with its append-only file, so that what it has said is done survives a kill."""

from __future__ import annotations

from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local_stack.server import NotReady, Server
from local_stack.site import Site
from local_stack.state import HOST

# Each test module takes a logical database of its own; an empty one costs nothing.
DATABASES = 512


class Redis(Server):
    name = "redis"
    title = "Redis"
    port_names = ("redis",)

    def prepare(self, site: Site) -> None:
        pass

    def command(self, site: Site) -> list[str]:
        options = {
            "bind": HOST,
            "port": site.port("redis"),
            "dir": site.data(self.name),
            "appendonly": "yes",
            "save": "",
            "databases": DATABASES,
            "daemonize": "no",
        }
        arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
        return [str(site.programs["redis"] / "redis-server"), *arguments]

    def check(self, site: Site) -> None:
        with self._client(site) as client:
            client.set("orderloom:ready", "yes", ex=10)
            if client.get("orderloom:ready") != b"yes":
                raise NotReady("a key was set, but not read back")

    def version(self, site: Site, /) -> str:
        with self._client(site) as client:
            return str(cast(dict[str, object], client.info("server"))["redis_version"])

    def _client(self, site: Site) -> redis.Redis:
        once = Retry(NoBackoff(), 0)  # whether to ask again is not the client's to decide
        return redis.Redis(host=HOST, port=site.port("redis"), socket_timeout=2, socket_connect_timeout=2, retry=once)
