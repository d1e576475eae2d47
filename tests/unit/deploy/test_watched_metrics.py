"""What deploy/ watches is what the processes tell, and each alert has its runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from eventing.web.metrics import HttpMetrics
from outbox_relay.metrics import RelayMetrics
from outbox_relay.pulse import Pulse as RelayPulse
from projections.metrics import ProjectionMetrics
from projections.query_api.answering.cache_metrics import AllCacheMetrics
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.metrics import SagaMetrics
from tests.architecture.planting import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "orderloom.json"
RUNBOOKS = ROOT / "docs" / "operations.md"
NAME = re.compile(r"\borderloom_[a-z_]+\b")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


def told() -> Iterator[Metric]:
    http = CollectorRegistry()
    HttpMetrics(http)
    AllCacheMetrics(http)
    yield from http.collect()
    yield from OutsideMetrics().registry.collect()
    yield from RelayMetrics(RelayPulse()).collect()
    yield from SagaMetrics([]).collect()
    yield from ProjectionMetrics(list).collect()


def known() -> set[str]:
    """As Prometheus stores them. Those of the query API's own are named where they are made."""
    own = re.findall(r'\("(orderloom_[a-z_]+)"', (ROOT / "projections/query_api/application.py").read_text("utf-8"))
    suffixed = {metric.name + end for metric in told() for end in SUFFIXES.get(metric.type, ("",))}
    return suffixed | set(own)


def watched(file: Path) -> set[str]:
    return set(NAME.findall(file.read_text("utf-8")))


def test_alerts_watch_what_there_is() -> None:
    assert len(watched(ALERTS)) > 10
    assert watched(ALERTS) <= known()


def test_the_dashboard_shows_what_there_is() -> None:
    shown = {
        name
        for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }
    assert len(shown) > 10
    assert shown <= known()


def test_each_alert_has_a_runbook() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text("utf-8"))
    runbooks = re.findall(r"^### (\w+)$", RUNBOOKS.read_text("utf-8"), re.MULTILINE)

    assert alerts
    assert sorted(runbooks) == sorted(alerts)


def test_an_unknown_name_would_be_noticed() -> None:
    assert not {"orderloom_relay_lag_minutes"} <= known()
