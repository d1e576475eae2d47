"""The services of the platform, each as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Final

from eventing.settings import HttpSettings
from operations.checks.ports import is_free
from operations.demo.children import Child, finished, running
from operations.demo.stage import Stage

LOCAL: Final = "127.0.0.1"
QUICK_LEASE: Final = {"ORDERS_RELAY__LEASE_TTL": "2"}
"""So that a takeover is something to watch, and not to wait for."""


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
def outside(stage: Stage) -> Iterator[None]:
    """Whom the platform asks for money and for labels."""
    with ExitStack() as children:
        payments = children.enter_context(running(stage, "payments", "outside", "payments", "--port", "0", "--quiet"))
        carrier = children.enter_context(running(stage, "carrier", "outside", "carrier", "--port", "0", "--quiet"))
        stage.payments, stage.carrier = payments.announcement(), carrier.announcement()
        stage.told |= {"ORDERS_PAYMENTS__URL": stage.payments, "ORDERS_CARRIER__URL": stage.carrier}
        stage.screen.say(f"A payment provider and a carrier: {stage.payments}/ledger, {stage.carrier}/ledger")
        yield


@contextmanager
def services(stage: Stage) -> Iterator[None]:
    """All at once, because each of them takes a second or two to start."""
    settings = stage.settings
    with ExitStack() as children:

        def start(name: str, *arguments: str, **environment: str) -> Child:
            child = children.enter_context(running(stage, name, *arguments, **environment))
            stage.services.append(child)
            return child

        writing = start("write-api", "api", "commands", ORDERS_COMMAND_API__PORT=_port(settings.command_api))
        asking = start("query-api", "api", "queries", ORDERS_QUERY_API__PORT=_port(settings.query_api))
        relay = start("relay", "relay", ORDERS_RELAY__HEALTH_PORT=_free(settings.relay.health_port), **QUICK_LEASE)
        second = start("second relay", "relay", ORDERS_RELAY__HEALTH_PORT="0", **QUICK_LEASE)
        participants = start("the saga", "participant", "all", ORDERS_SAGA__HEALTH_PORT="0")
        projector = start("projector", "projector", ORDERS_PROJECTOR__HEALTH_PORT="0")
        stage.write_api, stage.query_api = writing.announcement(), asking.announcement()
        writing.stay_at("ORDERS_COMMAND_API__PORT", stage.write_api)
        asking.stay_at("ORDERS_QUERY_API__PORT", stage.query_api)
        first, _ = relay.announcement(), second.announcement()
        stage.relays += [relay, second]
        stage.projector = projector.announcement()
        for line in (
            f"The write API: {stage.write_api}, its documentation: {stage.write_api}/docs",
            f"The query API: {stage.query_api}, its documentation: {stage.query_api}/docs",
            f"Two relays publish what is stored to Kafka, one at a time; how the first one is: {first}/readyz",
            f"Inventory, payment, shipping and the watchdog listen: {participants.announcement()}/readyz",
            f"A projector keeps the read models fresh: {stage.projector}/metrics",
        ):
            stage.screen.say(line)
        yield


def _port(settings: HttpSettings) -> str:
    """The usual one, so that the lines to try out are always the same; another one if that is taken."""
    return str(settings.port if is_free(settings.host, settings.port) else 0)


def _free(port: int) -> str:
    return str(port if is_free(LOCAL, port) else 0)
