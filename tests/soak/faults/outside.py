"""The payment provider and the carrier: what goes wrong there on any day, and on a bad one."""

from __future__ import annotations

from typing import Any

from tests.soak.faults.fault import Storm
from tests.soak.starting import lastingly

EVERYDAY: dict[str, list[dict[str, Any]]] = {
    "payments": [
        {"operation": "charge", "fault": "decline", "probability": 0.05},
        {"operation": "charge", "fault": "lost_reply", "probability": 0.03},
    ],
    "carrier": [{"operation": "book", "fault": "decline", "probability": 0.03}],
}


def trouble_outside(storm: Storm) -> str:
    """On top of the steady share of declines: the provider and the carrier at their worst."""
    kinds = ["lost_reply", "error_before", "error_after", "delay", "hang", "html", "rate_limited"]
    rules = [
        {"operation": "*", "fault": kind, "probability": 0.15, "ms": 1500} for kind in storm.chance.sample(kinds, 3)
    ]
    service = storm.chance.choice([storm.platform.payments, storm.platform.carrier])
    service.go_wrong(*rules, *EVERYDAY[service.service], seed=storm.chance.randrange(1000))
    storm.hold(4, 12)
    service.go_wrong(*EVERYDAY[service.service], seed=storm.chance.randrange(1000))
    return service.service


def kill_outside(storm: Storm) -> str:
    service = storm.chance.choice([storm.platform.payments, storm.platform.carrier])
    service.kill()
    storm.hold(0, 4)
    lastingly(service.restart)
    service.go_wrong(*EVERYDAY[service.service])
    return service.service
