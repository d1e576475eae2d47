"""The services of the platform, each as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from eventing.settings import HttpSettings
from operations.checks.ports import is_free
from operations.demo.children import finished, running
from operations.demo.stage import Stage

LOCAL: Final = "127.0.0.1"


@contextmanager
def prepared(stage: Stage) -> Iterator[None]:
    """Tables, schemas and topics: each of these commands may be run again at any time."""
    with ThreadPoolExecutor() as aside:
        topics = aside.submit(finished, stage, "topics", "create", "--quiet")
        finished(stage, "db", "upgrade", "--quiet")
        finished(stage, "schemas", "push", "--quiet")
        topics.result()
    stage.screen.say("Tables, schemas and topics are up to date.")
    yield


@contextmanager
def write_api(stage: Stage) -> Iterator[None]:
    port = _port(stage.settings.command_api)
    with running(stage, "write-api", "api", "commands", ORDERS_COMMAND_API__PORT=str(port)) as api:
        stage.write_api = api.announcement()
        stage.screen.say(f"The write API: {stage.write_api}, its documentation: {stage.write_api}/docs")
        yield


@contextmanager
def relay(stage: Stage) -> Iterator[None]:
    port = stage.settings.relay.health_port
    free = port if is_free(LOCAL, port) else 0
    with running(stage, "relay", "relay", ORDERS_RELAY__HEALTH_PORT=str(free)) as child:
        stage.screen.say(f"The relay publishes what is stored to Kafka; how it is: {child.announcement()}/readyz")
        yield


def _port(settings: HttpSettings) -> int:
    """The usual one, so that the lines to try out are always the same; another one if that is taken."""
    return settings.port if is_free(settings.host, settings.port) else 0
