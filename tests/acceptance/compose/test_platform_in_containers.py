"""`docker compose up --wait`, the way of an order, many of a service, the death of each, and nothing left behind.

The tests are one story on one platform, told in the order in which they stand here.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from tests.backing import of_containers
from tests.support.composed import Composed, Customers, crash, docker, healthy, inspected, wait_until
from tests.support.log_of_kafka import Message, read_topic
from tests.support.write_api import MUG, OFFICE, order

OURS = (
    *("commands", "relay", "inventory", "payment", "shipping", "order", "watchdog", "projector", "queries"),
    *("payments", "carrier"),
)
MANY = ("relay", "inventory", "queries")
# By job, as deploy/prometheus names them, while there are three of each of MANY; five services take part in the saga.
MEASURED = {"commands": 1, "relay": 3, "queries": 3, "participants": 7, "projector": 1}
ONE_SHOTS = ("upgrade", "topics", "schemas")
SERVERS = ("redis", "postgres", "kafka", "registry", "elasticsearch")
ORDER_EVENTS = "order.events.v1"

pytestmark = [
    pytest.mark.skipif(
        not of_containers(), reason="`make containers` runs the platform in containers; here none were asked for"
    ),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def platform() -> Iterator[Composed]:
    composed = Composed()
    try:
        yield composed
    finally:
        composed.end()


@pytest.fixture(autouse=True)
def said(request: pytest.FixtureRequest, platform: Composed) -> Iterator[None]:
    """What the processes said, beside the test that failed: they are gone when somebody begins to look."""
    before = request.session.testsfailed
    yield
    if request.session.testsfailed > before:
        sys.stdout.write(platform.compose("logs", "--no-color", "--tail", "30", *OURS, check=False).stdout)


@pytest.fixture(scope="module")
def alice(platform: Composed) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=platform.api, headers=platform.token("customer", "alice"), timeout=30) as client:
        yield client


def key(name: str) -> dict[str, str]:
    return {"idempotency-key": f'"{name}"'}


def test_up_builds_our_image_and_returns_when_orders_can_be_placed(platform: Composed) -> None:
    assert docker("image", "ls", "--quiet", platform.image) == ""
    platform.up()

    catalogue, warehouse = platform.token("catalogue", "carol"), platform.token("warehouse", "will")
    registered = httpx.post(f"{platform.api}/v1/products", json=MUG, headers={**catalogue, **key("mug")}, timeout=30)
    receipt = {"quantity": 100_000, "reference": "delivery-note-1"}
    received = httpx.post(
        f"{platform.api}/v1/stock/MUG-1/receipts", json=receipt, headers={**warehouse, **key("stock")}, timeout=30
    )

    assert (registered.status_code, received.status_code) == (201, 200), registered.text + received.text


def test_an_order_is_placed_repeated_amended_cancelled_and_read(platform: Composed, alice: httpx.Client) -> None:
    """Nobody reserves meanwhile, so that the order can't be confirmed first; what was missed is made up for."""
    platform.compose("stop", "inventory")
    placed = alice.post("/v1/orders", json=order(), headers=key("first"))
    again = alice.post("/v1/orders", json=order(), headers=key("first"))
    assert placed.status_code == 201, placed.text
    assert (again.status_code, again.json()) == (201, placed.json())
    assert again.headers["idempotency-replayed"] == "true"
    place, order_id = placed.headers["location"], placed.json()["order_id"]

    amended = alice.put(f"{place}/delivery-address", json=OFFICE, headers={"if-match": placed.headers["etag"]})
    assert amended.status_code == 200, amended.text
    reason = {"reason": "changed my mind"}
    cancelled = alice.post(
        f"{place}/cancellation", json=reason, headers={**key("cancel"), "if-match": amended.headers["etag"]}
    )
    assert cancelled.status_code in (200, 202), cancelled.text

    words = ["order.placed", "order.delivery_address_changed", "order.cancellation_requested"]
    read = read_topic(platform.kafka, ORDER_EVENTS, until=words)
    assert [message.type for message in read if message.key == order_id][:3] == words
    stored = platform.told_json("events", "stream", f"order-{order_id}")
    assert [event["type"] for event in stored][:3] == words

    platform.up("--no-recreate")
    read_topic(platform.kafka, ORDER_EVENTS, enough=lambda found: order_id in ended(found, "order.cancelled"))


def test_an_order_is_confirmed_and_shown_to_its_customer(platform: Composed, alice: httpx.Client) -> None:
    placed = alice.post("/v1/orders", json=order(), headers=key("second"))
    order_id, queries = placed.json()["order_id"], platform.queries()
    read_topic(platform.kafka, ORDER_EVENTS, enough=lambda found: order_id in ended(found, "order.confirmed"))

    def shown() -> bool:
        answer = httpx.get(f"{queries}/v1/orders/{order_id}", headers=dict(alice.headers), timeout=30)
        return answer.status_code == 200 and answer.json()["status"] == "confirmed"

    wait_until("the confirmed order is shown", shown, seconds=60)


@pytest.mark.parametrize("service", OURS)
def test_a_process_of_ours_can_do_no_more_than_it_must(platform: Composed, service: str) -> None:
    tools = "for name in cc gcc g++ make pip pip3; do command -v $name; done"
    look = f"id -u; touch /opt/orders/mark 2>&1; {tools}; grep -E 'CapEff|NoNewPrivs' /proc/1/status"
    told = platform.compose("exec", "-T", service, "sh", "-c", look, check=False).stdout.split()

    assert told[0] == "10001"
    assert "Read-only file system" in " ".join(told)
    assert told[-4:] == ["CapEff:", "0000000000000000", "NoNewPrivs:", "1"]
    assert not [word for word in told if word.endswith(("/cc", "/gcc", "/g++", "/make", "/pip", "/pip3"))]


@pytest.mark.parametrize("python", ["python3", "$(readlink -f $(command -v python3))"], ids=["ours", "below ours"])
def test_no_python_in_the_image_can_install(platform: Composed, python: str) -> None:
    look = "[name for name in ('pip', 'ensurepip', 'setuptools', 'wheel') if importlib.util.find_spec(name)]"
    told = platform.compose(
        "exec", "-T", "commands", "sh", "-c", f'cd / && {python} -c "import importlib.util; print({look})"'
    )

    assert told.stdout.strip() == "[]"


def test_only_loopback_is_published(platform: Composed) -> None:
    bindings = [
        binding["HostIp"]
        for container in platform.compose("ps", "--quiet").stdout.split()
        for found in inspected(container)["NetworkSettings"]["Ports"].values()
        for binding in found or []
    ]

    assert bindings
    assert set(bindings) == {"127.0.0.1"}


def test_three_of_a_service_just_work(platform: Composed) -> None:
    platform.up(*(word for service in MANY for word in ("--scale", f"{service}=3")), "--no-recreate")

    for service in MANY:
        assert [healthy(container) for container in platform.containers(service)] == [True] * 3
    assert platform.told_json("relay", "status")["leader"]
    places = {platform.queries(number) for number in (1, 2, 3)}
    assert [httpx.get(f"{place}/readyz", timeout=30).status_code for place in places] == [200] * 3


def test_prometheus_sees_each_process_and_has_nothing_to_say(platform: Composed) -> None:
    platform.up("--no-recreate", "--no-deps", "prometheus")

    def all_seen() -> bool:
        targets = httpx.get(f"{platform.prometheus}/api/v1/targets", timeout=30).json()["data"]["activeTargets"]
        found = Counter(target["labels"]["job"] for target in targets if target["health"] == "up")
        return found == MEASURED

    def rules() -> list[dict[str, Any]]:
        groups = httpx.get(f"{platform.prometheus}/api/v1/rules", timeout=30).json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    wait_until(f"Prometheus sees {MEASURED}", all_seen, seconds=90)
    wait_until("each alert was looked at", lambda: {rule["health"] for rule in rules()} == {"ok"}, seconds=90)
    assert [rule["name"] for rule in rules() if rule["state"] == "firing"] == []


def test_whatever_dies_is_started_again_and_no_order_is_lost(platform: Composed, alice: httpx.Client) -> None:
    victims = {service: platform.containers(service)[0] for service in (*SERVERS, *OURS)}
    with Customers(platform.api, dict(alice.headers)) as customers:
        for service, container in victims.items():
            before = len(customers.placed)
            crash(container)
            wait_until(f"{service} runs again", partial(restarted, container))
            wait_until(f"orders flow after the death of {service}", partial(customers.have_placed, before + 5))
        for container in victims.values():
            wait_until("all are healthy again", partial(healthy, container))

    assert customers.surprises == []
    placed = set(customers.placed)
    assert len(placed) == len(customers.placed)
    read = read_topic(platform.kafka, ORDER_EVENTS, enough=lambda found: placed <= ended(found), seconds=180)
    ids = {message.id for message in read if message.type == "order.placed" and message.key in placed}
    assert len(ids) == len(placed), "an order was placed twice"
    verified = platform.told_json("store", "verify")
    assert verified["findings"] == []
    # The two of before, and those of the customers: each key has had one effect, also where its answer was lost.
    assert len(stored_orders(platform)) == len(placed) + 2


def restarted(container: str) -> bool:
    found = inspected(container)
    return bool(found["RestartCount"] and found["State"]["Running"])


def ended(messages: list[Message], *how: str) -> set[str]:
    """The orders that came to an end, or to this one."""
    ends = how or ("order.confirmed", "order.failed", "order.cancelled")
    return {message.key for message in messages if message.type in ends}


def stored_orders(platform: Composed) -> list[str]:
    query = "SELECT event_id FROM events WHERE type = 'order.placed'"
    return platform.compose(
        "exec", "-T", "postgres", "psql", "--no-psqlrc", "-At", "-U", "orders", "-d", "orders", "-c", query
    ).stdout.split()


def test_it_can_be_prepared_again_at_any_time(platform: Composed) -> None:
    for service in ONE_SHOTS:
        platform.compose("run", "--rm", "--no-deps", "-T", service)


def test_what_is_told_to_stop_drains_and_ends_well(platform: Composed) -> None:
    platform.compose("stop", *OURS)

    codes = {
        container: inspected(container)["State"]["ExitCode"] for name in OURS for container in platform.containers(name)
    }
    assert len(codes) == len(OURS) + 2 * len(MANY)
    assert {container: code for container, code in codes.items() if code} == {}


def test_down_leaves_nothing_behind(platform: Composed) -> None:
    assert shutil.which("docker")
    platform.compose("down", "--volumes", "--timeout", "20")

    label = f"label=com.docker.compose.project={platform.project}"
    assert docker("ps", "--all", "--quiet", "--filter", label) == ""
    assert docker("network", "ls", "--quiet", "--filter", label) == ""
    assert docker("volume", "ls", "--quiet", "--filter", label) == ""
