"""The composition root of the projector: which servers stand behind its ports."""

from __future__ import annotations

import gc
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Final

import event_schemas
import projections.read_models
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.consuming import Partition
from eventing.crash_points import arm
from eventing.discovery import values_of
from eventing.kafka.consumer import Consumer
from eventing.kafka.heads import Heads
from eventing.postgres.addresses import postgres_url
from eventing.postgres.database import Database
from eventing.redis.addresses import redis_url
from eventing.settings import Settings
from eventing.stopping import stop_at_signals
from eventing.telemetry.logs import configure_logging
from eventing.telemetry.spans import SPANS
from eventing.telemetry.tracing import configure_tracing
from eventing.web.health import Check, Place
from eventing.web.health_server import serve_health
from projections import ports
from projections.consumer import Assigned, Revoked
from projections.generations import Build
from projections.hearing import Decode, Ear
from projections.keeping import Keeper
from projections.metrics import registry
from projections.names import ElasticsearchNames, RedisNames
from projections.projector import Projection
from projections.read_model import ReadModel, models_named
from projections.refreshing import Refresher
from projections.standing import Standing
from projections.stores import board, elasticsearch_connecting, redis_connecting
from projections.stores.desk import PostgresDesk
from projections.stores.elasticsearch import ElasticsearchStore
from projections.stores.generations import PostgresGenerations
from projections.stores.redis import RedisStore
from projections.stores.reports import Reports
from projections.stores.showing import ElasticsearchShowing, RedisShowing
from projections.supervising import Supervisor
from projections.traced import TracedKeeper
from projections.unprefixed import Unprefixed

SERVICE: Final = "projector"
LONGEST_STATEMENT: Final = 5.0


def read_models() -> Sequence[ReadModel]:
    """All that there are, by name."""
    return sorted(values_of(projections.read_models, ReadModel), key=lambda model: model.name)


@dataclass(frozen=True, slots=True)
class Adapters:
    """The outside of a projector: a test replaces one part."""

    store: Callable[[Settings, ReadModel, Build], ports.DocumentStore]
    desk: Callable[[Settings, Build], ports.Desk]


def open_store(settings: Settings, model: ReadModel, build: Build) -> ports.DocumentStore:
    if model.store == "elasticsearch":
        client = elasticsearch_connecting.connect(settings.elasticsearch)
        return ElasticsearchStore(client, ElasticsearchNames(settings.elasticsearch.index_prefix), build, model)
    names = RedisNames(settings.redis.key_prefix)
    return RedisStore(redis_connecting.connect(redis_url(settings)), names, build, announces=model.announces)


def open_desk(settings: Settings, build: Build) -> PostgresDesk:
    # A mark that is lost with the database's last moments is only an older one: its events come twice.
    database = _database(settings, f"projection {build.model}", synchronous_commit="off")
    return PostgresDesk(database, build.consumer)


ADAPTERS: Final = Adapters(open_store, open_desk)


def show(settings: Settings, model: ReadModel, build: Build) -> None:
    """Lets readers see this build from now on."""
    if model.store == "elasticsearch":
        client = elasticsearch_connecting.connect(settings.elasticsearch)
        ElasticsearchShowing(client, ElasticsearchNames(settings.elasticsearch.index_prefix)).show(build)
        client.close()
    else:
        redis = redis_connecting.connect(redis_url(settings))
        RedisShowing(redis, RedisNames(settings.redis.key_prefix)).show(build)
        redis.close()


def make(settings: Settings, model: ReadModel, build: Build) -> str:
    """A first build, empty, and shown to readers at once."""
    if model.store == "redis":
        redis_connecting.demand_no_eviction(redis_connecting.connect(redis_url(settings)))
    store = open_store(settings, model, build)
    identity = store.create()
    store.close()
    show(settings, model, build)
    return identity


def open_consumer(
    settings: Settings, group: str, topics: Sequence[str], assigned: Assigned, revoked: Revoked
) -> Unprefixed:
    prefix = settings.kafka.topic_prefix

    def opened(names: Sequence[str], assigned: Assigned, revoked: Revoked) -> Consumer:
        return Consumer(
            settings.kafka.connection(),
            prefix + group,
            names,
            assigned=assigned,
            revoked=revoked,
            session_timeout=settings.projector.session_timeout,
        )

    return Unprefixed(prefix, opened, topics, assigned, revoked)


def hire(settings: Settings, outside: Adapters, decode: Decode, model: ReadModel, build: Build) -> Projection:
    standing = Standing()
    store, positions = outside.store(settings, model, build), open_board(settings)
    # Two, since a connection belongs to one thread: the loop's and the writer's.
    desk, writers_desk = outside.desk(settings, build), outside.desk(settings, build)
    refresher = None
    if not store.keeps_marks:

        def publish(shown: Mapping[Partition, int]) -> None:
            standing.searchable = {**standing.searchable, **shown}
            positions.searchable(build, shown)

        refresher = Refresher(store.refresh, publish, interval=settings.projector.refresh_ms / 1000)
    keeper = TracedKeeper if SPANS.are_wanted else Keeper
    return Projection(
        model,
        build,
        store,
        desk,
        keeper(build, store, writers_desk, positions),
        Ear(model, decode),
        partial(open_consumer, settings),
        standing,
        batch=settings.projector.batch,
        recent=settings.projector.recent,
        refresher=refresher,
    )


def open_board(settings: Settings) -> board.RedisBoard:
    client = redis_connecting.connect(redis_url(settings), patience=board.PATIENCE)
    return board.RedisBoard(client, RedisNames(settings.redis.key_prefix))


def build_supervisor(settings: Settings, models: Sequence[ReadModel], outside: Adapters = ADAPTERS) -> Supervisor:
    arm(settings.crash_point, environment=settings.environment, tally=settings.crash_point_tally)
    holder = f"{settings.place.node or socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    decode = Codec(Catalogue.discover(event_schemas)).decode
    return Supervisor(
        models,
        PostgresGenerations(_database(settings, "projections")),
        partial(make, settings),
        partial(hire, settings, outside, decode),
        Heads(settings.kafka.connection(), settings.kafka.topic_prefix).read,
        Reports(_database(settings, "projection reports"), holder),
        open_board(settings),
    )


def run(
    settings: Settings,
    names: Sequence[str],
    announce: Callable[[str], object],
    *,
    outside: Adapters = ADAPTERS,
) -> None:
    """Keeps read models fresh until SIGTERM or Ctrl-C; a second one ends it at once. `announce` is told the address of
    its health."""
    configure_logging(service=SERVICE)
    configure_tracing(settings.tracing, SERVICE)
    # Batches make and drop many small objects, none of them in circles: the collector need not look so often.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    models = models_named(read_models(), names)
    supervisor = build_supervisor(settings, models, outside)
    place = settings.place
    # One model that is lost does not make the others worse; alone it is all that this process is for.
    checks = [Check(model.name, partial(supervisor.health, model), required=len(models) == 1) for model in models]
    with serve_health(
        settings.projector.health_port,
        checks,
        registry(supervisor.projections),
        place=Place(SERVICE, place.node or "", place.region, place.zone),
        setting="ORDERS_PROJECTOR__HEALTH_PORT",
        host=settings.health.host,
    ) as health:
        announce(health.address)
        stop = Event()
        stop_at_signals(stop, health.health)
        supervisor.run(stop)


def _database(settings: Settings, part: str, **session: str) -> Database:
    return Database(postgres_url(settings), application_name=f"orderloom {part}", patience=LONGEST_STATEMENT, **session)
