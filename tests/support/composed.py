"""The platform as `docker compose` runs it, seen from outside: over HTTP, over Kafka, and by the engine."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from tests.support.ports import free_ports, free_range
from tests.support.write_api import order

ROOT: Final = Path(__file__).parents[2]
PUBLISHED: Final = ("POSTGRES", "KAFKA", "ELASTICSEARCH", "REDIS", "REGISTRY", "COMMANDS", "PROMETHEUS")
PATIENCE: Final = 300


class Composed:
    """One project of compose with a name, ports and an image of its own, so that it meets no other on the machine."""

    def __init__(self) -> None:
        self.project = f"orderloom-proof-{uuid4().hex[:8]}"
        self.ports = dict(zip(PUBLISHED, free_ports(len(PUBLISHED)), strict=True))
        self.api = f"http://127.0.0.1:{self.ports['COMMANDS']}"
        self.kafka = f"127.0.0.1:{self.ports['KAFKA']}"
        self.prometheus = f"http://127.0.0.1:{self.ports['PROMETHEUS']}"
        self.image = f"orderloom:{self.project}"
        queries = free_range(3)
        self._environment = {
            **os.environ,
            **{f"ORDERS_PUBLISH_{name}": f"127.0.0.1:{port}" for name, port in self.ports.items()},
            "ORDERS_PUBLISH_QUERIES": f"127.0.0.1:{queries[0]}-{queries[-1]}",
            "ORDERS_IMAGE_ORDERLOOM": self.image,
        }
        self._compose = [*shlex.split(os.environ.get("COMPOSE", "docker compose")), "--project-name", self.project]

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self._compose, "--progress", "plain", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
        )
        if check and done.returncode:
            raise AssertionError(f"compose {' '.join(arguments)}: {done.returncode}\n{self.told(done)}")
        return done

    def told(self, done: subprocess.CompletedProcess[str]) -> str:
        logs = subprocess.run(
            [*self._compose, "logs", "--tail", "15"],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}\n{logs.stdout[-12000:]}"

    def up(self, *arguments: str) -> None:
        self.compose("up", "--wait", "--wait-timeout", str(PATIENCE - 30), *arguments)

    def end(self) -> None:
        self.compose("down", "--volumes", "--timeout", "5", check=False)
        docker("image", "rm", self.image, check=False)

    def queries(self, number: int = 1) -> str:
        """Where the first, second, third query API is: each has a port of the range."""
        return f"http://{self.compose('port', '--index', str(number), 'queries', '8081').stdout.strip()}"

    def orders(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Our command line inside a running container."""
        return self.compose("exec", "-T", "commands", "orders", *arguments, check=check)

    def told_json(self, *arguments: str) -> Any:
        return json.loads(self.orders(*arguments, "--json").stdout)

    def token(self, role: str, subject: str) -> Mapping[str, str]:
        issued = self.orders("token", "--role", role, "--subject", subject, "--minutes", "60").stdout.strip()
        return {"authorization": f"Bearer {issued}"}

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--all", "--quiet", service).stdout.split()

    def services(self) -> list[str]:
        return sorted(self.compose("config", "--services").stdout.split())


def docker(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=PATIENCE)
    if check and done.returncode:
        raise AssertionError(f"docker {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


def inspected(container: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", container))[0]
    return found


def crash(container: str) -> None:
    """As if its process died by itself: what `docker kill` ends is not started again, what dies is.

    The number of the process is one of the engine's machine, which may be another than this: so it is killed there.
    """
    found = inspected(container)
    kill = ("--entrypoint", "sh", found["Config"]["Image"], "-c", f"kill -9 {found['State']['Pid']}")
    docker("run", "--rm", "--pid", "host", "--user", "0", "--network", "none", *kill)


def wait_until(what: str, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds} s still not so: {what}"
        time.sleep(0.2)


def healthy(container: str) -> bool:
    state = inspected(container)["State"]
    return bool(state["Running"] and state["Health"]["Status"] == "healthy")


class Customers:
    """People who place orders one after the other, and send each again, under its key, until it is answered."""

    def __init__(self, api: str, headers: Mapping[str, str], *, people: int = 2) -> None:
        self._api = api
        self._headers = headers
        self._stop = threading.Event()
        self.placed: list[str] = []
        self.surprises: list[str] = []
        self._threads = [threading.Thread(target=self._shop, daemon=True) for _ in range(people)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads), "an order was never answered"

    def have_placed(self, more_than: int) -> bool:
        return len(self.placed) > more_than

    def _shop(self) -> None:
        with httpx.Client(base_url=self._api, headers=dict(self._headers), timeout=15) as http:
            while not self._stop.is_set():
                if order_id := self._place(http, f'"{uuid4()}"'):
                    self.placed.append(order_id)
                self._stop.wait(0.2)  # people, not a benchmark: what is tried here is whether orders are lost

    def _place(self, http: httpx.Client, key: str) -> str | None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                answer = http.post("/v1/orders", json=order(), headers={"idempotency-key": key})
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code == 201:
                return str(answer.json()["order_id"])
            if answer.status_code not in (409, 429, 503):
                self.surprises.append(answer.text)
                return None
            time.sleep(0.1)
        self.surprises.append(f"{key} was not answered in {PATIENCE} s")
        return None
