"""One stack through what happens to it: found again, killed, repaired, stopped, started, wiped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict

import psutil
import psycopg
import pytest
import redis

from local_stack import processes, web
from local_stack.progress import Step
from local_stack.servers import kafka, registry
from local_stack.site import Site
from local_stack.stack import SERVERS, Stack, look_at
from local_stack.status import status_of
from tests.backing import Backing

pytestmark = pytest.mark.slow

NAMES = [server.name for server in SERVERS]
NOTHING: dict[str, list[int]] = {name: [] for name in NAMES}
PATIENCE = 60
SCHEMA = json.dumps({"type": "record", "name": "Kept", "fields": [{"name": "a", "type": "long"}]})


def site_of(stack: Stack) -> Site:
    site = look_at(stack.dir)
    assert site is not None
    return site


def processes_of(site: Site) -> dict[str, list[psutil.Process]]:
    found = processes.find([server.kind(site) for server in SERVERS])
    return {server.name: found[server.kind(site)] for server in SERVERS}


def running(site: Site) -> dict[str, list[int]]:
    return {name: [each.pid for each in found] for name, found in processes_of(site).items()}


def states(stack: Stack) -> dict[str, str]:
    """What `up` says of each server in the end."""
    steps: list[Step] = []
    stack.up(steps.append)
    return {step.subject: step.state for step in steps if step.state in ("running", "ready")}


def orders(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "operations", "stack", *arguments]
    environment = {**os.environ, "ORDERS_STACK_DIR": str(stack.dir)}
    return subprocess.run(
        command, check=False, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def keep_something(stack: Stack) -> None:
    site, addresses = site_of(stack), site_of(stack).state.addresses
    with psycopg.connect(addresses.postgres_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (a int PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES (1) ON CONFLICT DO NOTHING")
    with redis.Redis.from_url(addresses.redis_url) as client:
        client.set("kept", "1")
    web.ask(site.port("elasticsearch"), "PUT", "/kept/_doc/1?refresh=true", {"a": 1})
    web.ask(site.port("registry"), "POST", f"{registry.API}/subjects/kept/versions", {"schema": SCHEMA})


def assert_kept(stack: Stack) -> None:
    site, addresses = site_of(stack), site_of(stack).state.addresses
    with psycopg.connect(addresses.postgres_url) as connection:
        assert connection.execute("SELECT a FROM kept").fetchall() == [(1,)]
    with redis.Redis.from_url(addresses.redis_url) as client:
        assert client.get("kept") == b"1"
    assert web.ask(site.port("elasticsearch"), "GET", "/kept/_doc/1")["_source"] == {"a": 1}
    latest = web.ask(site.port("registry"), "GET", f"{registry.API}/subjects/kept/versions/latest")
    assert json.loads(latest["schema"]) == json.loads(SCHEMA)
    assert _ready_messages(site) > 0


def _ready_messages(site: Site) -> int:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": site.state.addresses.kafka_bootstrap, "group.id": "test"})
    try:
        return consumer.get_watermark_offsets(TopicPartition(kafka.READY_TOPIC, 0), timeout=60)[1]
    finally:
        consumer.close()


def test_a_second_up_finds_all_running_and_says_so(stack: Stack) -> None:
    before = running(site_of(stack))

    second = orders(stack, "up")

    assert second.stdout.startswith("The local stack is already running.")
    assert running(site_of(stack)) == before


def test_two_stacks_live_side_by_side(stack: Stack, backing: Backing) -> None:
    mine = asdict(site_of(stack).state.addresses)

    assert not set(mine.values()) & set(asdict(backing).values())
    assert states(stack) == dict.fromkeys(NAMES, "running")


def test_status_shows_all_answering_within_two_gigabytes(stack: Stack) -> None:
    found = json.loads(orders(stack, "status", "--json").stdout)

    assert [each["name"] for each in found if each["answers"] and each["version"]] == NAMES
    assert sum(each["memory_bytes"] for each in found) < 2 * 2**30


def test_nothing_listens_beyond_this_machine(stack: Stack) -> None:
    site = site_of(stack)

    listening = [
        connection.laddr.ip
        for group in processes_of(site).values()
        for process in group
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_was_killed_is_started_again_and_no_other(stack: Stack, name: str) -> None:
    (leader, *_) = processes_of(site_of(stack))[name]
    leader.kill()
    leader.wait(PATIENCE)

    assert states(stack) == dict.fromkeys(NAMES, "running") | {name: "ready"}


def test_a_paused_server_is_shown_as_not_answering(stack: Stack) -> None:
    pid = running(site_of(stack))["redis"][0]
    os.kill(pid, signal.SIGSTOP)
    try:
        found = {each.name: each.answers for each in status_of(stack.dir)}
    finally:
        os.kill(pid, signal.SIGCONT)

    assert found == dict.fromkeys(NAMES, True) | {"redis": False}


def test_logs_shows_the_last_lines_of_a_server(stack: Stack) -> None:
    shown = orders(stack, "logs", "postgres", "-n", "2").stdout.splitlines()

    assert len(shown) == 2


def test_logs_of_an_unknown_server_names_the_known_ones(stack: Stack) -> None:
    refused = orders(stack, "logs", "mysql")

    assert refused.returncode == 2
    assert "postgres, kafka, elasticsearch, redis, registry" in refused.stderr


def test_data_survive_down_and_up_and_down_leaves_nothing_behind(stack: Stack) -> None:
    keep_something(stack)

    assert orders(stack, "down").returncode == 0

    assert running(site_of(stack)) == NOTHING
    assert not (site_of(stack).data("postgres") / "postmaster.pid").exists()
    assert stack.down() == []

    ports = site_of(stack).state.ports
    assert states(stack) == dict.fromkeys(NAMES, "ready")
    assert site_of(stack).state.ports == ports
    assert_kept(stack)


def test_data_survive_the_sudden_death_of_everything(stack: Stack) -> None:
    keep_something(stack)
    everything = [each for group in processes_of(site_of(stack)).values() for each in group]
    for each in everything:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(everything, PATIENCE)

    assert states(stack) == dict.fromkeys(NAMES, "ready")
    assert_kept(stack)


def test_a_server_that_can_not_start_is_shown_with_its_own_last_lines(stack: Stack) -> None:
    stack.down()
    meta = site_of(stack).data("kafka") / "log" / "meta.properties"
    kept = meta.read_text()
    meta.write_text(kept.replace("node.id=1", "node.id=77"))

    refused = orders(stack, "up")

    assert refused.returncode == 2
    assert "Kafka has ended instead of starting. Its last lines:" in refused.stderr
    assert "77" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert running(site_of(stack)) == NOTHING, "what this start had started was not stopped"
    meta.write_text(kept)


def test_reset_without_a_terminal_wants_to_be_told_yes(stack: Stack) -> None:
    refused = orders(stack, "reset")

    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert site_of(stack).home.exists()


def test_reset_wipes_everything(stack: Stack) -> None:
    home = site_of(stack).home

    assert orders(stack, "reset", "--yes").returncode == 0

    assert not home.exists()
    assert look_at(stack.dir) is None
    assert "has never run here" in orders(stack, "logs", "kafka").stderr
