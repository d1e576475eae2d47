"""The figures of a run say what struck, what was passed and what is wrong, and a run without anything is told too."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from eventing.crash_point_register import CRASH_POINTS
from tests.soak.checker.evidence import Event, Evidence, Step
from tests.soak.checker.finding import Finding
from tests.soak.customers import Crowd
from tests.soak.observing import Observer
from tests.soak.report import as_text, figures
from tests.soak.settling import Settled
from tests.soak.shop import Attempt
from tests.soak.storm import Hit, Storm, Weather

STREAM = "order-00000000-0000-0000-0000-000000000001"


def payment(order: str, key: str, known: str | None) -> list[Event]:
    kinds = ["payment.requested", known] if known else ["payment.requested"]
    return [
        Event(number, f"payment-{order}", number, f"{order}/{number}", kind, 1, 10.0, b"", {"provider_key": key})
        for number, kind in enumerate(kinds, 1)
    ]


def told(tmp_path: Path, *, settled: Settled, hits: list[Hit], skipped: dict[str, str]) -> dict[str, Any]:
    (tmp_path / "tally").write_text("relay.produced\nrelay.produced!\n", encoding="utf-8")
    evidence = Evidence(
        events=[
            Event(1, STREAM, 1, "a", "order.placed", 2, 10.0, b"", {}),
            Event(2, STREAM, 2, "b", "order.confirmed", 1, 10.5, b"", {}),
            *payment("1", "k", "payment.charged"),
            *payment("2", "l", "payment.charged"),
            *payment("3", "m", None),
        ],
        published=[],
        journal=[
            Step(1.0, "ada", 1, "search", "ok", {}),
            Step(2.0, "ada", 2, "search", "info", {}),
            Step(3.0, "ada", 3, "list", "info", {}),
        ],
        calls={("charge", "k"): 3, ("charge", "l"): 1, ("charge", "m"): 1, ("find", "m"): 1},
    )
    crowd = SimpleNamespace(
        tried=Counter(place=1),
        attempts=[Attempt(0.0, True, True), Attempt(70.0, False, False)],
        given_up=0,
    )
    observer = SimpleNamespace(takeovers=lambda: [1.5], stalls=lambda: 2.0)
    weather = SimpleNamespace(hits=hits, failures=["slow link: broken"], skipped=skipped)
    storm = Storm(7, cast(Weather, weather), 0.0, 20.0, settled)
    findings = [Finding("I1", "what was acknowledged is stored", 5, ["lost"])]
    counted = {"redeliveries_absorbed": 5, "decided_anew": 1, "asked_without_an_answer": 0}
    tally = tmp_path / "tally"
    return figures(evidence, findings, cast(Crowd, crowd), [storm], tally, cast(Observer, observer), counted)


def test_everything_that_struck_is_counted(tmp_path: Path) -> None:
    hits = [Hit(0.0, "slow link", "redis/a", 1.0, in_flight) for in_flight in (True, False, True)]

    found = told(tmp_path, settled=Settled(12.34, {"orders open": 0}), hits=hits, skipped={"full disk": "no root"})

    assert found["faults"] == {"slow link": {"count": 3, "in_flight": 2}}
    assert found["crash_points"]["relay.produced"] == {"passed": 2, "died": 1}
    assert found["violations"] == ["I1: lost"]
    assert (found["availability"], found["availability_of_commands"]) == (0.5, 1.0)
    assert (found["searches_answered"], found["lists_answered"]) == (1, 0)
    assert found["availability_by_minute"] == [1.0, 0.0]
    assert (found["settled_seconds"], found["not_settled"], found["placed_to_end_stormy"]["p50"]) == (12.3, {}, 0.5)
    assert (found["unknown_payments"], found["unknown_payments_resolved"]) == (2, 1)
    text = as_text(json.loads(json.dumps(found)))
    assert "passed over: at least 5" in text
    assert "full disk: not possible here, as no root" in text
    assert "FAULT FAILED: slow link: broken" in text
    assert f"1 of {len(CRASH_POINTS)} died at, 1 passed" in text


def test_what_did_not_come_to_rest_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, settled=Settled(None, {"orders open": 2, "views": 0}), hits=[], skipped={})

    assert (found["settled_seconds"], found["not_settled"]) == (None, {"orders open": 2})
    assert "orders open" in as_text(found)
