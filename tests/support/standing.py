"""The whole platform as `orders up` runs it, and everything that people do with it over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx

from tests.backing import Backing
from tests.support.bare_environment import bare_environment
from tests.support.own_names import own_names
from tests.support.ports import free_ports
from tests.support.write_api import MUG, order

PATIENCE: Final = 120.0
ENDS: Final = frozenset({"confirmed", "failed", "cancelled"})


class Standing:
    """Names of its own on shared servers, and ports that it comes back to."""

    def __init__(self, backing: Backing, database: str, names: str, folder: Path, **settings: str) -> None:
        commands, queries = free_ports(2)
        self.write_api, self.query_api = f"http://127.0.0.1:{commands}", f"http://127.0.0.1:{queries}"
        self.payments = self.carrier = ""
        self.folder = folder
        self.environment = {
            **bare_environment(),
            **own_names(backing, database, names, folder),
            "ORDERS_COMMAND_API__PORT": str(commands),
            "ORDERS_QUERY_API__PORT": str(queries),
            "ORDERS_RATE_LIMIT__ENABLED": "false",
            **{f"ORDERS_{name}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[str] | None = None
        self.http = httpx.Client(timeout=PATIENCE)
        self.token = cache(self._token)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.http.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate(timeout=PATIENCE)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "operations", "up"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if line.startswith("A payment provider and a carrier: "):
                ledgers = line.split(": ", 1)[1].split(", ")
                self.payments, self.carrier = (each.strip().removesuffix("/ledger") for each in ledgers)
            if line.startswith("All of it runs."):
                return
        raise AssertionError("".join(said) + self._process.communicate()[1])

    def stop(self) -> None:
        """In good order."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        _, complained = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode == 0, complained

    def orders(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "operations", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def sells(self, sku: str, stock: int, unit_price: int = 100) -> None:
        product = {**MUG, "sku": sku, "name": f"Mug {sku}", "unit_price": unit_price}
        made = self.post("/v1/products", product, self.token("catalogue", "carol"))
        assert made.status_code == 201, made.text
        received = self.post(
            f"/v1/stock/{sku}/receipts", {"quantity": stock, "reference": sku}, self.token("warehouse", "will")
        )
        assert received.status_code == 200, received.text

    def post(self, path: str, body: object, token: str, *, key: str = "", **headers: str) -> httpx.Response:
        given = {"authorization": f"Bearer {token}", "idempotency-key": f'"{key or uuid4()}"', **headers}
        return self.http.post(f"{self.write_api}{path}", json=body, headers=given)

    def place(self, sku: str, quantity: int, customer: str = "alice", **changed: Any) -> httpx.Response:
        placed = self.post("/v1/orders", order((sku, quantity), **changed), self.token("customer", customer))
        assert placed.status_code == 201, placed.text
        return placed

    def cancel(self, placed: httpx.Response, customer: str = "alice") -> httpx.Response:
        path, reason = f"{placed.headers['location']}/cancellation", {"reason": "changed my mind"}
        etag = self.ask(placed.headers["location"], customer, seen=placed).headers["etag"]
        return self.post(path, reason, self.token("customer", customer), **{"if-match": etag})

    def ask(
        self, path: str, customer: str = "alice", *, seen: httpx.Response | None = None, **query: str
    ) -> httpx.Response:
        """The query API; with what an answer has shown, as fresh as that."""
        headers = {"authorization": f"Bearer {self.token('customer', customer)}", "prefer": "wait=10"}
        if seen is not None:
            headers["consistency-token"] = seen.headers["consistency-token"]
        return self.http.get(f"{self.query_api}{path}", headers=headers, params=query)

    def await_end(self, placed: httpx.Response, customer: str = "alice") -> dict[str, Any]:
        """The order as it is shown when it has ended."""
        return self.await_shown(placed, lambda order: order.get("status") in ENDS, customer)

    def await_shown(
        self, placed: httpx.Response, is_so: Any, customer: str = "alice", path: str = ""
    ) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.ask(placed.headers["location"] + path, customer)
            shown: dict[str, Any] = answer.json()
            if answer.status_code == 200 and is_so(shown):
                return shown
            assert time.monotonic() < end, f"after {PATIENCE} s still: {shown}"

    def history(self, placed: httpx.Response, customer: str = "alice") -> list[str]:
        answer = self.ask(f"{placed.headers['location']}/history", customer, limit="100")
        return [event["type"] for event in answer.json()["events"]]

    def goes_wrong(self, service: str, *rules: Mapping[str, Any]) -> None:
        done = self.http.put(f"{service}/faults", json={"seed": 1, "rules": list(rules)})
        assert done.is_success, done.text

    def money_kept(self, placed: httpx.Response) -> int:
        """By the provider's own books."""
        return sum(each["amount"] * {"charge": 1, "refund": -1}[each["operation"]] for each in self._effects(placed))

    def charges(self, placed: httpx.Response) -> int:
        return sum(each["operation"] == "charge" for each in self._effects(placed))

    def _effects(self, placed: httpx.Response) -> Sequence[dict[str, Any]]:
        """Money that moved."""
        found: list[dict[str, Any]] = []
        after = 0
        while page := self.http.get(f"{self.payments}/ledger", params={"after": after}).json()["effects"]:
            found += page
            after = page[-1]["position"]
        wanted = placed.json()["order_id"]
        return [each for each in found if each["order_id"] == wanted and each["status"] != "declined"]

    def _token(self, role: str, subject: str) -> str:
        told = self.orders("token", "--role", role, "--subject", subject)
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()


def verified(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
