"""What a relay says of itself."""

from __future__ import annotations

from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.child_process import PATIENCE
from tests.support.relays.process import RelayProcess


def metric(relay: RelayProcess, name: str) -> float:
    families = text_string_to_metric_families(httpx.get(f"{relay.address}/metrics", timeout=PATIENCE).text)
    samples = [sample for family in families for sample in family.samples]
    return next(each.value for each in samples if each.name == f"orderloom_relay_{name}")


def readiness(relay: RelayProcess) -> tuple[int, dict[str, Any]]:
    answer = httpx.get(f"{relay.address}/readyz", timeout=PATIENCE)
    return answer.status_code, answer.json()
