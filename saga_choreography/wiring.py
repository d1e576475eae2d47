"""The composition root of the saga: which servers stand behind its ports, and which threads run in one process."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import structlog

import event_schemas
from eventing.avro.codec import Codec
from eventing.breaker import Breaker
from eventing.catalogue import Catalogue
from eventing.crash_points import arm
from eventing.discovery import values_of
from eventing.errors import Misconfigured, OrderloomError
from eventing.kafka.consumer import Consumer
from eventing.postgres.addresses import postgres_url
from eventing.postgres.batch import Preparation
from eventing.postgres.database import Database
from eventing.settings import SagaSettings, Settings
from eventing.stopping import stop_at_signals
from eventing.telemetry.logs import configure_logging
from eventing.telemetry.spans import SPANS
from eventing.telemetry.tracing import configure_tracing
from eventing.web.health import Check, Place
from eventing.web.health_server import serve_health
from saga_choreography import participants
from saga_choreography.adapters.intents import PostgresIntentDesk
from saga_choreography.adapters.transactions import PostgresTransactions
from saga_choreography.answering import Answering
from saga_choreography.asking import Asker, OpenLine, Rules
from saga_choreography.gateways.metrics import OutsideMetrics
from saga_choreography.gateways.opening import open_carrier, open_payment_gateway
from saga_choreography.handling import Handling
from saga_choreography.hearing import Hearing
from saga_choreography.metrics import registry
from saga_choreography.participant import Participant
from saga_choreography.pulse import Pulse
from saga_choreography.questions import Ask, payment_questions, shipping_questions
from saga_choreography.reactor import Assigned, Feed, Reactor, Revoked
from saga_choreography.traced import TracedHandling
from saga_choreography.watchdog import Steps, Watchdog

WATCHDOG: Final = "watchdog"
ALL: Final = "all"
PATIENCE: Final = 10.0

_log = structlog.get_logger("orderloom.saga")
PARTICIPANTS: Final = {found.name: found for found in values_of(participants, Participant)}


@dataclass(frozen=True, slots=True)
class Adapters:
    """The outside of a process of the saga. Each is made for the one thread that calls it."""

    transactions: Callable[[str], PostgresTransactions]
    intents: Callable[[str], PostgresIntentDesk]
    feed: Callable[[Participant, Assigned, Revoked], Feed]
    lines: Callable[[str], AbstractAsyncContextManager[Ask]]
    participants: dict[str, Participant]


def adapters(settings: Settings, codec: Codec, metrics: OutsideMetrics) -> Adapters:
    url = postgres_url(settings)
    saga = settings.saga
    owner = f"{settings.place.node or socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"

    def transactions(name: str) -> PostgresTransactions:
        return PostgresTransactions(url, Preparation(codec), consumer_of(name), patience=PATIENCE)

    def intents(name: str) -> PostgresIntentDesk:
        database = Database(url, application_name=f"orderloom {consumer_of(name)} intents", patience=PATIENCE)
        return PostgresIntentDesk(database, name, owner, saga.lease_seconds)

    def feed(participant: Participant, assigned: Assigned, revoked: Revoked) -> Feed:
        prefix = settings.kafka.topic_prefix
        topics = sorted({f"{prefix}{kind.topic}" for kind in codec.catalogue if kind.newest in participant.hears})
        return Consumer(
            settings.kafka.connection(),
            f"{prefix}{consumer_of(participant.name)}",
            topics,
            assigned=assigned,
            revoked=revoked,
            session_timeout=saga.session_seconds,
            group_instance=saga.instance,
        )

    return Adapters(transactions, intents, feed, lines(settings, metrics), dict(PARTICIPANTS))


def lines(
    settings: Settings, metrics: OutsideMetrics, breaker: Callable[[], Breaker | None] = lambda: None
) -> Callable[[str], AbstractAsyncContextManager[Ask]]:
    """The gateways, each with a breaker by its settings unless one is given."""

    @asynccontextmanager
    async def payment() -> AsyncIterator[Ask]:
        async with open_payment_gateway(settings.payments, metrics, breaker=breaker()) as gateway:
            yield payment_questions(gateway)

    @asynccontextmanager
    async def shipping() -> AsyncIterator[Ask]:
        async with open_carrier(settings.carrier, metrics, breaker=breaker()) as carrier:
            yield shipping_questions(carrier)

    found: dict[str, OpenLine] = {"payment": payment, "shipping": shipping}
    return lambda name: found[name]()


def consumer_of(participant: str) -> str:
    """The name under which its marks and what it parks are kept."""
    return f"saga.{participant}"


class Workers:
    """The threads of one process. When one of them comes to an end by itself, so do all."""

    def __init__(self) -> None:
        self.stop = Event()
        self.pulses: list[Pulse] = []
        self._threads: list[Thread] = []
        self._failure: BaseException | None = None

    def add(self, name: str, work: Callable[[Event], object]) -> None:
        self._threads.append(Thread(target=self._run, args=(work,), name=name, daemon=True))

    def pulse(self, name: str) -> Pulse:
        made = Pulse(name)
        self.pulses.append(made)
        return made

    def run(self) -> None:
        """Until told to stop. Raises what ended a thread."""
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            while thread.is_alive():
                thread.join(1.0)
        if self._failure is not None:
            raise self._failure

    def _run(self, work: Callable[[Event], object]) -> None:
        try:
            work(self.stop)
        except OrderloomError as error:
            self._failure = self._failure or error
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever waits for the threads
            _log.exception("saga_worker_failed")
            self._failure = self._failure or error
        finally:
            self.stop.set()


def build(settings: Settings, names: Sequence[str], outside: Adapters, codec: Codec) -> Workers:
    arm(settings.crash_point, environment=settings.environment, tally=settings.crash_point_tally)
    workers = Workers()
    for name in names:
        if name == WATCHDOG:
            _add_watchdog(workers, settings.saga, outside, codec)
        else:
            _add_participant(workers, settings.saga, outside, codec, outside.participants[name])
    return workers


def run(
    settings: Settings,
    names: Sequence[str],
    announce: Callable[[str], object],
    *,
    outside: Callable[[Settings, Codec, OutsideMetrics], Adapters] = adapters,
) -> None:
    """Runs these until SIGTERM or Ctrl-C; a second one ends it at once. `announce` is told its health's address."""
    names = chosen(names)
    service = f"saga-{names[0]}" if len(names) == 1 else "saga"
    configure_logging(service=service)
    configure_tracing(settings.tracing, service)
    codec = Codec(Catalogue.discover(event_schemas))
    metrics = OutsideMetrics()
    workers = build(settings, names, outside(settings, codec, metrics), codec)
    gathered = registry(workers.pulses)
    gathered.register(metrics.registry)
    place = settings.place
    with serve_health(
        settings.saga.health_port,
        [Check(pulse.name, pulse.health) for pulse in workers.pulses],
        gathered,
        place=Place(service, place.node or "", place.region, place.zone),
        setting="ORDERS_SAGA__HEALTH_PORT",
        host=settings.health.host,
    ) as health:
        announce(health.address)
        stop_at_signals(workers.stop, health.health)
        workers.run()


def chosen(names: Sequence[str]) -> Sequence[str]:
    """`all` is each of them. Raises `Misconfigured` for a name that nobody has."""
    known = [*PARTICIPANTS, WATCHDOG]
    if unknown := [name for name in names if name not in (*known, ALL)]:
        raise Misconfigured(f"There is no participant {unknown[0]!r}: it is one of {', '.join((*known, ALL))}.")
    return known if ALL in names else list(dict.fromkeys(names))


def _add_participant(
    workers: Workers, saga: SagaSettings, outside: Adapters, codec: Codec, participant: Participant
) -> None:
    pulse = workers.pulse(participant.name)
    asker = _asker(saga, outside, codec, participant, pulse) if participant.intents else None
    transactions = outside.transactions(participant.name)
    handling = TracedHandling if SPANS.are_wanted else Handling
    reactor = Reactor(
        Hearing(participant, codec.decode),
        handling(participant, codec.decode, transactions),
        transactions,
        lambda assigned, revoked: outside.feed(participant, assigned, revoked),
        pulse,
        most=saga.batch,
        opened=asker.wake if asker else lambda: None,
    )
    workers.add(participant.name, reactor.run)
    if asker is not None:
        workers.add(f"{participant.name} asking", asker.run)


def _asker(saga: SagaSettings, outside: Adapters, codec: Codec, participant: Participant, pulse: Pulse) -> Asker:
    rules = Rules(saga.questions, saga.ask_seconds, saga.first_pause, saga.longest_pause, saga.drain_seconds)
    answering = Answering(participant, codec.decode, outside.transactions(participant.name))
    return Asker(outside.intents(participant.name), answering, lambda: outside.lines(participant.name), rules, pulse)


def _add_watchdog(workers: Workers, saga: SagaSettings, outside: Adapters, codec: Codec) -> None:
    seconds = {
        "inventory": saga.inventory_seconds,
        "payment": saga.payment_seconds,
        "shipping": saga.shipping_seconds,
    }
    steps = Steps(list(outside.participants.values()), lambda step: seconds.get(step, saga.order_seconds))
    watchdog = Watchdog(
        outside.participants,
        steps,
        codec.decode,
        outside.transactions(WATCHDOG),
        workers.pulse(WATCHDOG),
        look_seconds=saga.look_seconds,
    )
    workers.add(WATCHDOG, watchdog.run)
