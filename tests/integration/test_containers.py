"""The five servers as testcontainers: the main path of the platform, from a command to a consumer, runs on them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventing.postgres import migrating
from eventing.web.auth import Role
from operations.migrations import locations
from tests import backing as servers
from tests import containers
from tests.backing import Backing
from tests.support.log_of_kafka import read_topic
from tests.support.write_api import MUG, Client, placed
from tests.support.write_api_process import Surroundings, write_api

SERVERS = {"postgres", "kafka", "elasticsearch", "redis", "registry"}

pytestmark = pytest.mark.skipif(not servers.of_containers(), reason="containers are asked for with BACKING=containers")


@pytest.fixture(scope="module")
def started() -> Backing:
    return containers.backing(servers.this_run())


@pytest.fixture
def surroundings(database_url: str, redis_url: str, tmp_path: Path) -> Surroundings:
    migrating.upgrade(database_url, locations())
    return Surroundings(database_url, redis_url, tmp_path)


@pytest.fixture
def outside(started: Backing, surroundings: Surroundings, names: str) -> dict[str, str]:
    """Where everything is, with names that no other test uses."""
    return surroundings.environment(
        {
            "ORDERS_KAFKA__BOOTSTRAP_SERVERS": started.kafka_bootstrap,
            "ORDERS_KAFKA__TOPIC_PREFIX": f"{names}.",
            "ORDERS_REGISTRY__URL": started.registry_url,
            "ORDERS_REGISTRY__SUBJECT_PREFIX": f"{names}.",
            "ORDERS_ELASTICSEARCH__URL": started.elasticsearch_url,
            "ORDERS_RELAY__HEALTH_PORT": "0",
        }
    )


def orders(outside: dict[str, str], *arguments: str, may_be_wrong: bool = False) -> str:
    command = [sys.executable, "-m", "operations", *arguments]
    told = subprocess.run(command, env=outside, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode in ((0, 1) if may_be_wrong else (0,)), told.stdout + told.stderr
    return told.stdout


@pytest.fixture
def relay(outside: dict[str, str]) -> Iterator[None]:
    orders(outside, "topics", "create")
    orders(outside, "schemas", "push")
    with subprocess.Popen(
        [sys.executable, "-m", "operations", "relay"], env=outside, stdout=subprocess.DEVNULL
    ) as process:
        yield
        process.terminate()
        assert process.wait(60) == 0


async def test_an_order_goes_from_a_command_to_a_consumer(
    started: Backing, surroundings: Surroundings, outside: dict[str, str], names: str, relay: None
) -> None:
    async with write_api(surroundings) as api:
        assert (await api.as_("carol", Role.CATALOGUE).post("/v1/products", MUG)).status_code == 201
        alice: Client = api.as_("alice", Role.CUSTOMER)
        order_id = await placed(alice)

        received = read_topic(started.kafka_bootstrap, f"{names}.order.events.v1", until={"order.placed"})

    assert [(message.key, message.type) for message in received] == [(order_id, "order.placed")]
    assert json.loads(orders(outside, "store", "verify", "--json"))["findings"] == []


def test_each_server_does_what_it_is_asked(outside: dict[str, str], relay: None) -> None:
    """The doctor looks at the machine too, and may find that its ports are taken; that is not asked here."""
    looked = json.loads(orders(outside, "doctor", "--json", may_be_wrong=True))["checks"]
    servers = {finding["name"]: finding for finding in looked if finding["name"] in SERVERS}

    assert set(servers) == SERVERS
    assert [finding for finding in servers.values() if not finding["ok"]] == []


def test_kafka_is_the_broker_that_was_asked_for_and_makes_no_topic_by_itself(started: Backing, names: str) -> None:
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": started.kafka_bootstrap})

    assert len(admin.list_topics(timeout=60).brokers) == 1
    assert admin.list_topics(f"{names}.nobody-made-it", timeout=60).topics[f"{names}.nobody-made-it"].error is not None
