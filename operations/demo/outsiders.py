"""Asks the outside world and the processes of the platform what only they can tell, and sets what shall go wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from eventing.errors import Unavailable

TIMEOUT: Final = 10.0
_LAG: Final = re.compile(r"^orderloom_projection_lag_events\{[^}]*\} (\S+)$", re.MULTILINE)


def ledger(address: str, after: int) -> list[dict[str, Any]]:
    """The effects behind a position, a page of them."""
    found: list[dict[str, Any]] = json.loads(_ask(address, "GET", f"/ledger?after={after}"))["effects"]
    return found


def set_faults(address: str, rules: Sequence[dict[str, Any]]) -> None:
    _ask(address, "PUT", "/faults", {"seed": 1, "rules": list(rules)})


def projection_lag(address: str) -> int:
    """How many events the read models have still to take in, by the projector's own metrics."""
    return sum(int(float(value)) for value in _LAG.findall(_ask(address, "GET", "/metrics")))


def _ask(address: str, method: str, path: str, body: object = None) -> str:
    parts = urlsplit(address)
    assert parts.hostname is not None
    connection = HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        return connection.getresponse().read().decode()
    except (OSError, HTTPException) as error:
        raise Unavailable(f"{address} does not answer: {error}.") from None
    finally:
        connection.close()
