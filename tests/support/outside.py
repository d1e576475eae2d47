"""The outside world as real processes: a payment provider and a carrier with ledgers of their own.

    with payment_provider(folder) as provider:
        provider.go_wrong({"operation": "charge", "fault": "lost_reply", "first": 1})
        …
        assert provider.captured("order-1") == 1300

What they wrote is read from their files, so that a test sees it also when they are dead.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support import freezing
from tests.support.bare_environment import bare_environment
from tests.support.end_with_parent import end_with_parent
from tests.support.ports import free_port

START_SECONDS = 60


class OutsideService:
    """One of the two. It can be killed and started again on the same port with the same ledger."""

    def __init__(self, service: str, folder: Path, *, api_key: str | None = None) -> None:
        self.service = service
        self.ledger_file = folder / f"{service}.sqlite"
        self.log_file = folder / f"{service}.log"
        self._api_key = api_key
        self._port = free_port()
        self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def go_wrong(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """From now on these faults and no others."""
        self._switches.put("/faults", json={"seed": seed, "rules": list(rules)}).raise_for_status()

    def go_right(self) -> None:
        self._switches.delete("/faults").raise_for_status()

    def enacted(self) -> list[int]:
        """How often each rule that is in force has been enacted."""
        return list(self._switches.get("/faults").raise_for_status().json()["enacted"])

    def effects(self, operation: str | None = None, *, order_id: str | None = None) -> list[dict[str, Any]]:
        rows = self._rows("SELECT * FROM effects ORDER BY position")
        return [
            row
            for row in rows
            if operation in (None, row["operation"]) and (order_id is None or row["order_id"] == order_id)
        ]

    def calls(self, operation: str | None = None, key: str | None = None) -> list[dict[str, Any]]:
        rows = self._rows("SELECT * FROM calls ORDER BY position")
        return [row for row in rows if operation in (None, row["operation"]) and key in (None, row["key"])]

    def kill(self) -> None:
        """As kill -9 does."""
        self.close()

    def restart(self) -> None:
        """At the address it had; without faults."""
        self._start()

    def freeze(self) -> None:
        freezing.freeze(self._process)

    def thaw(self) -> None:
        freezing.thaw(self._process)

    def close(self) -> None:
        self._switches.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _start(self) -> None:
        where = ("--port", str(self._port), "--ledger", str(self.ledger_file))
        key = {} if self._api_key is None else {"OUTSIDE_WORLD_API_KEY": self._api_key}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "outside_world", self.service, *where],
                env=bare_environment(key),
                stdout=subprocess.PIPE,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, f"it did not start: {self.log_file.read_text()}"
        self.address: str = json.loads(said)["address"]
        headers = {} if self._api_key is None else {"Authorization": f"Bearer {self._api_key}"}
        self._switches = httpx.Client(base_url=self.address, headers=headers, timeout=START_SECONDS)

    def _rows(self, query: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self.ledger_file}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]


class PaymentProvider(OutsideService):
    def captured(self, order_id: str | None = None) -> int:
        """Minor units that were taken, given back or not."""
        return sum(row["amount"] for row in self.effects("charge", order_id=order_id) if row["status"] == "captured")

    def refunded(self, order_id: str | None = None) -> int:
        return sum(row["amount"] for row in self.effects("refund", order_id=order_id))

    def balance(self, order_id: str | None = None) -> int:
        """What the provider still holds: the total of a confirmed order, and 0 for all others."""
        return self.captured(order_id) - self.refunded(order_id)


class CarrierService(OutsideService):
    def labels(self, order_id: str | None = None) -> list[str]:
        """Tracking numbers of labels that are not void."""
        void = {row["undoes"] for row in self.effects("void")}
        made = [row["reference"] for row in self.effects("book", order_id=order_id) if row["status"] == "created"]
        return [number for number in made if number not in void]


@contextmanager
def payment_provider(folder: Path, *, api_key: str | None = None) -> Iterator[PaymentProvider]:
    provider = PaymentProvider("payments", folder, api_key=api_key)
    try:
        yield provider
    finally:
        provider.close()


@contextmanager
def carrier(folder: Path, *, api_key: str | None = None) -> Iterator[CarrierService]:
    service = CarrierService("carrier", folder, api_key=api_key)
    try:
        yield service
    finally:
        service.close()
