"""The query API over its ports: whoever calls this decides what stands behind them, real servers or memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Gauge
from starlette.routing import WebSocketRoute

from eventing.cancelling import cancelled
from eventing.codec import Codec
from eventing.discovery import modules_of
from eventing.errors import OrderloomError
from eventing.event_store import EventStore
from eventing.settings import QueryApiSettings
from eventing.web.application import Application, build_application
from eventing.web.edge import Edge
from eventing.web.operation import Operation
from projections.query_api import routes
from projections.query_api.answering.cache import Cache
from projections.query_api.answering.cache_metrics import AllCacheMetrics
from projections.query_api.answering.events import OrderEvents
from projections.query_api.answering.lists import Freshness
from projections.query_api.answering.orders import Loaded, Orders
from projections.query_api.answering.parked import ParkedKeys, ReadParked
from projections.query_api.answering.progress import Progress
from projections.query_api.answering.staleness import Ends, Staleness
from projections.query_api.asking.cursors import Cursors
from projections.query_api.asking.freshness import Patience
from projections.query_api.ground import Ground
from projections.query_api.live.feeds import CustomerFeed, OrderFeed
from projections.query_api.live.opening import Opening
from projections.query_api.live.origins import Origins
from projections.query_api.live.socket import PATH, Sockets
from projections.query_api.live.streams import Limits, Streams
from projections.read_model import ReadModel
from projections.read_models.order_summary import ORDER_SUMMARY
from projections.read_models.saga_progress import SAGA_PROGRESS
from projections.reading import Changed, Hint, Moved, ReadStore, Reconnected, SearchStore

TITLE: Final = "Orderloom query API"
DESCRIPTION: Final = (
    "What the read models show. Every answer says how fresh it is; a question that brings a `Consistency-Token` is "
    "answered with what the token stands for, or not at all. Live streams are at `/v1/…/live`, as websockets at "
    "`/v1/live`."
)
DEAF_SECONDS: Final = 0.25
"""Between attempts to hear hints again."""

_log = structlog.get_logger("orderloom.queries")


@dataclass(frozen=True, slots=True)
class Ports:
    store: EventStore
    codec: Codec
    reads: ReadStore
    search: SearchStore
    read_ends: Callable[[], Awaitable[Ends]]
    read_parked: ReadParked
    topics: frozenset[str]
    cursor_key: bytes


class QueryApi:
    """All of the query API but its servers, and what goes on beside the requests."""

    def __init__(self, ports: Ports, edge: Edge, settings: QueryApiSettings, partitions: int) -> None:
        self._reads = ports.reads
        self.edge = edge
        self.progress = Progress(ports.reads.standings)
        self.staleness = Staleness(ports.read_ends)
        self.progress.on_standing = self.staleness.note_marks
        self.staleness.on_look = self.progress.tell
        self.parked = ParkedKeys(ports.read_parked)
        freshness = Freshness(self.progress, self.staleness, self.parked, partitions)
        events = OrderEvents(ports.store, ports.codec)
        cache_metrics = AllCacheMetrics(edge.metrics.registry)

        def orders_of(model: ReadModel, entries: int) -> Orders:
            def made(load: Callable[[str], Awaitable[Loaded]]) -> Cache[Loaded]:
                return Cache(load, cache_metrics.of(model.name), entries=entries, seconds=settings.cache_seconds)

            return Orders(model, ports.reads, events, freshness, partitions, self.parked, made)

        self.orders = orders_of(ORDER_SUMMARY, settings.cache_entries)
        self.streams = Streams(
            OrderFeed(events),
            CustomerFeed(ports.reads, self.progress, partitions),
            Limits(settings.streams, settings.streams_per_caller),
            lambda: edge.health.draining,
        )
        opening = Opening(self.streams, events, ports.topics)
        origins = Origins(settings.origins)
        self.ground = Ground(
            orders=self.orders,
            sagas=orders_of(SAGA_PROGRESS, 0),
            events=events,
            freshness=freshness,
            reads=ports.reads,
            search=ports.search,
            cursors=Cursors(ports.cursor_key),
            opening=opening,
            origins=origins,
            authenticator=edge.authenticator,
            topics=ports.topics,
            partitions=partitions,
            patience=Patience(settings.wait_seconds, settings.longest_wait_seconds),
        )
        self.sockets = Sockets(edge, opening, origins)
        self._measure()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """What watches beside the requests: positions, ends, hints, streams."""
        with suppress(OrderloomError):
            await self.progress.look()
        watching = (
            self.progress.watch,
            self.staleness.watch,
            self.streams.watch,
            self.streams.keep_order,
            self.hear,
            self.parked.watch,
        )
        tasks = [asyncio.create_task(for_ever(watch)) for watch in watching]
        try:
            yield
        finally:
            await cancelled(tasks)

    async def hear(self) -> None:
        """For ever. While nothing is heard nothing is kept in the process, and streams look for themselves."""
        cache = self.orders.cache
        while True:
            try:
                async for hint in self._reads.hints():
                    self._heard(hint)
            except OrderloomError:
                pass
            finally:
                cache.listening = self.progress.listening = False
                cache.forget_all()
            _log.warning("Hints about changes can't be heard; they are asked for instead.", action="queries.deaf")
            await asyncio.sleep(DEAF_SECONDS)

    def _heard(self, hint: Hint) -> None:
        cache = self.orders.cache
        match hint:
            case Moved():
                self.progress.moved(hint)
            case Changed():
                cache.forget(hint.document_id)
                self.streams.changed(hint)
            case Reconnected():
                cache.forget_all()
                cache.listening = self.progress.listening = True
                self.streams.look_at_all()

    def _measure(self) -> None:
        registry = self.edge.metrics.registry
        gauges: Sequence[tuple[str, str, Callable[[], float]]] = (
            ("orderloom_live_streams", "Live streams that are open.", lambda: self.streams.count),
            ("orderloom_waiting_reads", "Requests that wait for a read model.", lambda: self.progress.waiting),
            ("orderloom_cache_entries", "Orders kept in the process.", lambda: len(self.orders.cache)),
        )
        for name, says, value in gauges:
            Gauge(name, says, registry=registry).set_function(value)
        dropped = Counter("orderloom_live_dropped", "Live streams that were let go.", ("reason",), registry=registry)
        self.streams.dropped = lambda reason: dropped.labels(reason).inc()


async def for_ever(watch: Callable[[], Awaitable[None]]) -> None:
    """A fault of ours in one of them must not leave all requests waiting: it is logged, and watching goes on."""
    while True:
        try:
            await watch()
        except Exception:  # noqa: BLE001 - whatever it is, requests rely on those who watch
            _log.exception("Something beside the requests has failed and is begun again.", action="queries.fault")
            await asyncio.sleep(DEAF_SECONDS)


def operations_on(ground: Ground) -> Sequence[Operation]:
    return [operation for module in modules_of(routes) for operation in module.operations(ground)]


def application(
    ports: Ports,
    edge: Edge,
    settings: QueryApiSettings,
    partitions: int,
    *,
    around: Callable[[], object] | None = None,
) -> tuple[Application, QueryApi]:
    """`around` is an asynchronous context manager of the servers, entered before anything is watched."""
    api = QueryApi(ports, edge, settings, partitions)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with around() if around is not None else nothing_around(), api.going_on():  # type: ignore[attr-defined]
            yield

    operations = operations_on(api.ground)
    app = build_application(TITLE, version("orderloom"), operations, edge, description=DESCRIPTION, lifespan=lifespan)
    app.router.routes.append(WebSocketRoute(PATH, api.sockets.endpoint))
    return app, api


@asynccontextmanager
async def nothing_around() -> AsyncIterator[None]:
    yield
