"""Where the servers are, when some addresses are given, a local stack runs, both, or neither."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from eventing.errors import Misconfigured
from local_stack import state
from local_stack.state import Addresses
from operations import configuration
from operations.resolve import resolved_settings

LOCAL = Addresses(
    postgres_url="postgresql://orders:hunter2@127.0.0.1:1/orders",
    kafka_bootstrap="127.0.0.1:2",
    elasticsearch_url="http://127.0.0.1:3",
    redis_url="redis://127.0.0.1:4/0",
    registry_url="http://127.0.0.1:5/apis/ccompat/v7",
)


@pytest.fixture
def stack_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "read", lambda _folder: LOCAL)


@pytest.fixture
def no_stack_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORDERS_STACK_DIR", str(tmp_path))


@pytest.mark.usefixtures("stack_runs")
def test_what_is_not_given_comes_from_the_local_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_KAFKA__BOOTSTRAP_SERVERS", "broker:9092")
    monkeypatch.setenv("ORDERS_POSTGRES__POOL_SIZE", "9")

    settings = resolved_settings()

    assert settings.kafka.bootstrap_servers == "broker:9092"
    assert settings.postgres.url is not None
    assert settings.postgres.url.get_secret_value() == LOCAL.postgres_url
    assert settings.postgres.pool_size == 9


@pytest.mark.usefixtures("no_stack_runs")
def test_without_an_address_and_without_a_stack_the_variable_is_named() -> None:
    with pytest.raises(Misconfigured, match="no address for PostgreSQL: set ORDERS_POSTGRES__URL, or"):
        resolved_settings()


@pytest.mark.usefixtures("no_stack_runs")
def test_a_server_that_nobody_needs_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_REDIS__URL", "redis://cache:6379/0")

    assert resolved_settings(["redis"]).kafka.bootstrap_servers is None


@pytest.mark.usefixtures("stack_runs")
def test_each_setting_says_where_it_comes_from_and_hides_its_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "redis").write_text("redis://:hunter2@cache:6379/0")
    monkeypatch.setenv("ORDERS_REDIS__URL_FILE", str(tmp_path / "redis"))
    monkeypatch.setenv("ORDERS_KAFKA__PARTITIONS", "12")

    lines = {line.variable: line for line in configuration.settings_in_force()}

    assert lines["ORDERS_POSTGRES__URL"].origin == "local stack"
    assert lines["ORDERS_REDIS__URL"].origin == f"ORDERS_REDIS__URL_FILE ({tmp_path / 'redis'})"
    assert lines["ORDERS_KAFKA__PARTITIONS"][1:] == (12, "ORDERS_KAFKA__PARTITIONS")
    assert lines["ORDERS_KAFKA__REPLICATION_FACTOR"].origin == "default"
    assert "hunter2" not in repr(lines)


def test_the_settings_in_force_are_json_for_programs(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "operations", "config", "show", "--json"],
        env={"PATH": "/usr/bin:/bin", "ORDERS_STACK_DIR": str(tmp_path), "ORDERS_REDIS__URL": "redis://:hunter2@c/0"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert json.loads(told.stdout)["ORDERS_REDIS__URL"]["from"] == "ORDERS_REDIS__URL"
    assert "hunter2" not in told.stdout
