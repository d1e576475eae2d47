"""The documents under docs/api are what the code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operations import api_documents
from tests.architecture.planting import ROOT

FOLDER = ROOT / "docs" / "api"


def test_they_are_current() -> None:
    assert api_documents.differing(FOLDER) == [], "run `orders docs generate` and commit docs/api"


def test_a_changed_one_is_noticed_and_written_anew(tmp_path: Path) -> None:
    everything = api_documents.write(tmp_path)
    (tmp_path / "events.asyncapi.json").write_text("{}", encoding="utf-8")

    assert len(everything) == 3
    assert api_documents.write(tmp_path) == ["events.asyncapi.json"]
    assert api_documents.differing(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [("write-api.openapi.json", "/v1/orders"), ("query-api.openapi.json", "/v1/orders/{order_id}/history")],
)
def test_each_api_has_its_operations(name: str, path: str) -> None:
    assert path in json.loads((FOLDER / name).read_text("utf-8"))["paths"]


def test_every_event_is_on_its_topic() -> None:
    document = json.loads((FOLDER / "events.asyncapi.json").read_text("utf-8"))
    on_topics = [name for channel in document["channels"].values() for name in channel["messages"]]

    assert document["asyncapi"] == "3.0.0"
    assert sorted(on_topics) == sorted(document["components"]["messages"])
    assert "payment.charged" in document["channels"]["order.events.v1"]["messages"]
