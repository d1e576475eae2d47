"""`orders outside`, as it is typed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.bare_environment import bare_environment


@pytest.mark.parametrize(("service", "path"), [("payments", "charges"), ("carrier", "labels")])
def test_it_says_where_it_answers_and_ends_when_asked_to(service: str, path: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "operations", "outside", service, "--port", "0"],
        env=bare_environment({"ORDERS_STACK_DIR": str(tmp_path)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert httpx.get(f"{address}/readyz").status_code == 200
        assert httpx.get(f"{address}/v1/{path}/by-key/nobody").json()["error"] == "not_found"
        refused = httpx.put(f"{address}/faults", json={"rules": [{"fault": "explode"}]})
        assert refused.status_code == 400
        assert "fault" in refused.json()["message"]
        process.send_signal(signal.SIGTERM)
        _, remarks = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert (tmp_path / "outside" / f"{service}.sqlite").exists()
    assert "Traceback" not in remarks


def test_as_json_it_says_everything_in_one_value(tmp_path: Path) -> None:
    ledger = tmp_path / "book.sqlite"
    with subprocess.Popen(
        [sys.executable, "-m", "operations", "outside", "carrier", "--port", "0", "--ledger", str(ledger), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = "".join(iter(process.stdout.readline, "}\n")) + "}"
        finally:
            process.kill()
    assert json.loads(said)["ledger"] == str(ledger)
    assert json.loads(said)["address"].startswith("http://127.0.0.1:")
