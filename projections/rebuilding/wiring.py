"""The composition root of rebuilding: which servers stand behind its ports, and the lease under which it is done."""

from __future__ import annotations

import gc
import os
import secrets
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final, NamedTuple

import event_schemas
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.consuming import Partition
from eventing.crash_points import arm
from eventing.errors import Misconfigured, Refusal
from eventing.kafka.heads import Heads
from eventing.leases import LOOKS, LeaseKeeper, Tenure, steady_clock
from eventing.postgres.addresses import postgres_url
from eventing.postgres.database import Database
from eventing.postgres.leases import PostgresLease
from eventing.redis.addresses import redis_url
from eventing.settings import Settings
from projections.generations import Build
from projections.names import ElasticsearchNames, RedisNames
from projections.read_model import ReadModel
from projections.rebuilding.outside import Opened, Outside, Say, Step, live_of
from projections.rebuilding.tallying import Tallying
from projections.rebuilding.verifying import Verifying
from projections.replay_ports import History, Mending
from projections.stores import board, elasticsearch_connecting, redis_connecting
from projections.stores.desk import PostgresDesk
from projections.stores.elasticsearch import ElasticsearchStore
from projections.stores.elasticsearch_workbench import ElasticsearchWorkbench
from projections.stores.kafka_history import KafkaHistory
from projections.stores.keyed_history import KeyedHistory
from projections.stores.level_showing import LevelElasticsearchShowing, LevelRedisShowing
from projections.stores.lifecycle import PostgresLifecycle
from projections.stores.log_history import LogHistory
from projections.stores.mending import ElasticsearchMending, RedisMending
from projections.stores.originals import LogOriginals
from projections.stores.redis import RedisStore
from projections.stores.redis_derived import RedisDerived
from projections.stores.redis_workbench import RedisWorkbench
from projections.stores.whole_heads import WholeHeads

LEASE_TTL: Final = 5.0
TROUBLES: Final = 3
"""Waits in a row in which Postgres did not answer: it may be slow for a moment, and nothing has begun yet."""
PATIENCE: Final = 30.0
"""Seconds for a statement: reading a stretch of the log of a busy database takes its time."""
STORE_PATIENCE: Final = 60.0


class Workplace(NamedTuple):
    outside: Outside
    tenure: Tenure


@contextmanager
def workplace(
    settings: Settings, model: ReadModel, *, from_kafka: bool = False, step: Step | None = None, say: Say | None = None
) -> Iterator[Workplace]:
    """Everything for working on one read model, for one at a time. Raises `Refusal` where somebody else is at it."""
    arm(settings.crash_point, environment=settings.environment, tally=settings.crash_point_tally)
    with ExitStack() as stack:
        tenure = stack.enter_context(_alone(settings, model))
        outside = assemble(settings, model, stack, tenure, from_kafka=from_kafka)
        outside = replace(outside, step=step or outside.step, say=say or outside.say)
        yield Workplace(outside, tenure)


@contextmanager
def looking(settings: Settings, model: ReadModel, *, from_kafka: bool = False) -> Iterator[Outside]:
    """For looking only: without the lease nothing can be changed through it."""
    with ExitStack() as stack:
        yield assemble(settings, model, stack, Tenure(0, 0.0, steady_clock), from_kafka=from_kafka)


def assemble(
    settings: Settings, model: ReadModel, stack: ExitStack, tenure: Tenure, *, from_kafka: bool = False
) -> Outside:
    lifecycle = PostgresLifecycle(_database(settings), model.name, lease_name(model), lambda: tenure.epoch)
    history = _history(settings, model, from_kafka=from_kafka)
    originals = LogOriginals(_database(settings))
    showing, bench, bench_client = _store_tools(settings, model)
    positions = board.RedisBoard(_redis(settings, board.PATIENCE), RedisNames(settings.redis.key_prefix))
    for one in (lifecycle, history, originals, bench_client, positions):
        stack.callback(one.close)
    return Outside(
        lifecycle=lifecycle,
        history=history,
        originals=originals,
        showing=showing,
        curtain=bench,
        workbench=bench,
        board=positions,
        open=lambda build: open_build(settings, model, build),
        demand=tenure.demand,
    )


def open_build(settings: Settings, model: ReadModel, build: Build) -> Opened:
    """Nothing is announced: what a rebuild writes is news to nobody."""
    desk = PostgresDesk(_database(settings), build.consumer)
    if model.store == "elasticsearch":
        client = elasticsearch_connecting.connect(settings.elasticsearch, patience=STORE_PATIENCE)
        names = ElasticsearchNames(settings.elasticsearch.index_prefix)
        return Opened(build, ElasticsearchStore(client, names, build, model), desk)
    return Opened(
        build, RedisStore(_redis(settings, STORE_PATIENCE), RedisNames(settings.redis.key_prefix), build), desk
    )


@contextmanager
def verification(
    settings: Settings, model: ReadModel, outside: Outside, *, step: Step | None = None
) -> Iterator[tuple[Verifying, Mending]]:
    """Of the live build."""
    live = live_of(outside.lifecycle.builds(model.name))
    if live is None:
        raise Refusal(
            f"{model.name} has no live build: run `orders projections rebuild {model.name}`.", code="no_build"
        )
    catalogue = Catalogue.discover(event_schemas)
    opened = outside.open(live)
    mending = _mending(settings, model, live)
    try:
        opened.store.demand(live.identity)
        partitions = Counter(partition.topic for partition in outside.history.ends().offsets)
        parked = opened.desk.parked([Partition(topic, n) for topic, count in partitions.items() for n in range(count)])
        log = KeyedHistory(postgres_url(settings), model, catalogue, Codec(catalogue).decode)
        verifying = Verifying(model, opened, log, partitions, {one.key for one in parked}, step or outside.step)
        yield verifying, mending
    finally:
        mending.close()
        opened.close()


@contextmanager
def tallying(settings: Settings, verifying: Verifying) -> Iterator[Tallying | None]:
    """Of the same build; None where the model has neither sums nor lists."""
    model = verifying.model
    if all(family.sums is None and family.places is None for family in model.families):
        yield None
        return
    names = RedisNames(settings.redis.key_prefix)
    derived = RedisDerived(_redis(settings, STORE_PATIENCE), names, verifying.opened.build, model)
    try:
        yield Tallying(verifying, derived)
    finally:
        derived.close()


def _mending(settings: Settings, model: ReadModel, live: Build) -> RedisMending | ElasticsearchMending:
    if model.store == "elasticsearch":
        client = elasticsearch_connecting.connect(settings.elasticsearch, patience=STORE_PATIENCE)
        return ElasticsearchMending(client, ElasticsearchNames(settings.elasticsearch.index_prefix), live)
    return RedisMending(_redis(settings, STORE_PATIENCE), RedisNames(settings.redis.key_prefix), live)


def lease_name(model: ReadModel) -> str:
    return f"rebuild:{model.name}"


@contextmanager
def quick_memory() -> Iterator[None]:
    """A replay makes millions of records and no circles: looking for circles would cost a tenth of its time."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@contextmanager
def _alone(settings: Settings, model: ReadModel) -> Iterator[Tenure]:
    database = _database(settings, patience=LEASE_TTL / 4)
    row = PostgresLease(database, lease_name(model))
    holder = f"{settings.place.node or socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    keeper = LeaseKeeper(row, holder, LEASE_TTL)
    keeper.start()
    try:
        yield _tenure(keeper, model)
    finally:
        keeper.stop()
        database.close()


def _tenure(keeper: LeaseKeeper, model: ReadModel) -> Tenure:
    """Whoever was killed is waited for until its lease ends. Whoever renews it is alive, and has the right of way."""
    left: float | None = None
    troubles = 0
    for _ in range(2 * LOOKS + 1):
        tenure = keeper.wait_for_tenure(LEASE_TTL / LOOKS)
        if tenure is not None:
            return tenure
        troubles = troubles + 1 if keeper.trouble else 0
        if keeper.trouble and troubles == TROUBLES:
            raise Misconfigured(keeper.trouble)
        lease = keeper.leader()
        if lease is not None and left is not None and lease.seconds_left > left:
            raise Refusal(
                f"{model.name} is already being worked on by {lease.holder}: wait until that has ended, or stop it.",
                code="already_being_rebuilt",
            )
        left = lease.seconds_left if lease is not None else None
    if keeper.trouble:
        raise Misconfigured(keeper.trouble)
    raise Refusal(f"{model.name} is already being worked on.", code="already_being_rebuilt")


def _history(settings: Settings, model: ReadModel, *, from_kafka: bool) -> History:
    catalogue = Catalogue.discover(event_schemas)
    decode = Codec(catalogue).decode
    connection, prefix = settings.kafka.connection(), settings.kafka.topic_prefix
    heads = WholeHeads(Heads(connection, prefix), settings.kafka.partitions)
    if from_kafka:
        return KafkaHistory(model, connection, prefix, _database(settings), heads, catalogue, decode)
    return LogHistory(model, _database(settings), heads, decode)


def _store_tools(settings: Settings, model: ReadModel) -> tuple[Any, Any, Any]:
    if model.store == "elasticsearch":
        names = ElasticsearchNames(settings.elasticsearch.index_prefix)
        client = elasticsearch_connecting.connect(settings.elasticsearch, patience=STORE_PATIENCE)
        return LevelElasticsearchShowing(client, names), ElasticsearchWorkbench(client, names, model), client
    redis, keys = _redis(settings, STORE_PATIENCE), RedisNames(settings.redis.key_prefix)
    return LevelRedisShowing(redis, keys), RedisWorkbench(redis, keys), redis


def _redis(settings: Settings, patience: float) -> Any:
    return redis_connecting.connect(redis_url(settings), patience=patience)


def _database(settings: Settings, *, patience: float = PATIENCE) -> Database:
    return Database(postgres_url(settings), application_name="orderloom rebuild", patience=patience)
