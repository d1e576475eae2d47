"""The composition root of the relay: which servers stand behind its ports."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Final

from eventing.crash_points import arm
from eventing.kafka.publisher import Publisher
from eventing.kafka.topics import Topics
from eventing.leases import LeaseKeeper, LeaseRow, Tenure
from eventing.postgres.addresses import postgres_url
from eventing.postgres.database import Database
from eventing.postgres.leases import PostgresLease
from eventing.postgres.log_reader import LogReader
from eventing.settings import Settings
from eventing.stopping import stop_at_signals
from eventing.telemetry.logs import configure_logging
from eventing.telemetry.spans import SPANS
from eventing.telemetry.tracing import configure_tracing
from eventing.web.health import Check, Place
from eventing.web.health_server import serve_health
from outbox_relay import ports
from outbox_relay.address_book import AddressBook
from outbox_relay.backlog import Backlog
from outbox_relay.leading import Leading
from outbox_relay.ledger import NAME, Ledger
from outbox_relay.metrics import registry
from outbox_relay.pulse import Pulse
from outbox_relay.relay import Relay
from outbox_relay.traced import TracedAddressBook

SERVICE: Final = "relay"
LONGEST_STATEMENT: Final = 5.0


@dataclass(frozen=True, slots=True)
class Adapters:
    """The outside of a relay."""

    lease: LeaseRow
    log: ports.Log
    ledger: Ledger
    topics: ports.Topics
    open_publisher: Callable[[ports.Tuning, int, Callable[[], bool]], ports.Publisher]


def adapters(settings: Settings) -> Adapters:
    relay = settings.relay
    defaults = ports.Tuning(relay.linger_ms, relay.batch)
    connection = settings.kafka.connection()

    def open_publisher(tuning: ports.Tuning, after: int, may_send: Callable[[], bool]) -> Publisher:
        return Publisher(connection, linger_ms=tuning.linger_ms, after=after, may_send=may_send)

    return Adapters(
        lease=PostgresLease(_database(settings, "lease", patience=relay.lease_ttl / 4), NAME),
        log=LogReader(_database(settings, "log", patience=LONGEST_STATEMENT)),
        # A checkpoint that is lost with the database's last moments is only an older one: its events come twice.
        ledger=Ledger(_database(settings, "ledger", patience=LONGEST_STATEMENT, synchronous_commit="off"), defaults),
        topics=Topics(settings.kafka),
        open_publisher=open_publisher,
    )


def build(settings: Settings, outside: Adapters, pulse: Pulse) -> Relay:
    arm(settings.crash_point, environment=settings.environment, tally=settings.crash_point_tally)
    backlog = Backlog(outside.log)
    address_book = TracedAddressBook if SPANS.are_wanted else AddressBook

    def lead(tenure: Tenure) -> Leading:
        return Leading(
            tenure,
            backlog,
            outside.ledger,
            address_book(outside.ledger, outside.topics, partitions=settings.kafka.partitions, epoch=tenure.epoch),
            outside.open_publisher,
            pulse,
            longest_pause=settings.relay.idle_poll_ms / 1000,
        )

    holder = f"{settings.place.node or socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    return Relay(LeaseKeeper(outside.lease, holder, settings.relay.lease_ttl), outside.ledger, lead, pulse)


def run(
    settings: Settings,
    announce: Callable[[str], object],
    *,
    outside: Callable[[Settings], Adapters] = adapters,
) -> None:
    """Relays until SIGTERM or Ctrl-C; a second one ends it at once. `announce` is told the address of its health."""
    configure_logging(service=SERVICE)
    configure_tracing(settings.tracing, SERVICE)
    pulse = Pulse()
    relay = build(settings, outside(settings), pulse)
    place = settings.place
    checks = [Check("leadership", relay.leadership), Check("publishing", relay.publishing)]
    with serve_health(
        settings.relay.health_port,
        checks,
        registry(pulse),
        place=Place(SERVICE, place.node or "", place.region, place.zone),
        setting="ORDERS_RELAY__HEALTH_PORT",
        host=settings.health.host,
    ) as health:
        announce(health.address)
        stop = Event()
        stop_at_signals(stop, health.health)
        relay.run(stop)


def _database(settings: Settings, part: str, *, patience: float, **session: str) -> Database:
    return Database(postgres_url(settings), application_name=f"orderloom relay {part}", patience=patience, **session)
