"""Makes the edge of a process from the settings. Called by composition roots, which add what only they know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from eventing.errors import Misconfigured
from eventing.settings import HttpSettings, Settings
from eventing.web.auth import Authenticator
from eventing.web.common_problems import COMMON
from eventing.web.door import Door
from eventing.web.edge import Edge
from eventing.web.health import Check, Health, Place
from eventing.web.key_sources import keys_at, keys_in_file
from eventing.web.keys import KeyRing, Source
from eventing.web.load import Lag, LagLimit, LoadShedder, Queue, no_lag, no_queue
from eventing.web.local_issuer import LocalIssuer
from eventing.web.metrics import HttpMetrics
from eventing.web.problems import ProblemKind, Problems
from eventing.web.rate_limit import Buckets, Policy, RateLimiter


def make_edge(
    settings: Settings,
    http: HttpSettings,
    service: str,
    *,
    problems: Sequence[ProblemKind] = (),
    checks: Sequence[Check] = (),
    buckets: Buckets | None = None,
    queue: Callable[[], Queue] = no_queue,
    lag: Callable[[], Lag] = no_lag,
) -> Edge:
    """Without `buckets` each process limits its callers by itself."""
    metrics = HttpMetrics()
    load = settings.load
    shedder = LoadShedder(queue=queue, lag=lag, lag_limit=LagLimit(load.relay_lag_events, load.relay_lag_seconds))
    metrics.watch(shedder.concurrency)
    return Edge(
        problems=Problems(*COMMON, *problems),
        authenticator=make_authenticator(settings),
        limiter=_limiter(settings, buckets, metrics),
        shedder=shedder,
        health=Health(place_of(settings, service), checks),
        metrics=metrics,
        body_limit=http.body_limit,
    )


def door_of(http: HttpSettings, section: str, *, sockets: bool = False) -> Door:
    """`section` is the part of the settings that names the port, as in `command_api`."""
    return Door(
        http.host,
        http.port,
        f"ORDERS_{section.upper()}__PORT",
        connection_limit=http.connection_limit,
        notice_seconds=http.notice_seconds,
        drain_seconds=http.drain_seconds,
        trusted_proxies=http.trusted_proxies,
        sockets=sockets,
    )


def place_of(settings: Settings, service: str) -> Place:
    place = settings.place
    return Place(service, place.node or "", place.region, place.zone)


def make_authenticator(settings: Settings) -> Authenticator:
    auth = settings.auth
    return Authenticator(KeyRing(_key_source(settings)), issuer=auth.issuer, audience=auth.audience, leeway=auth.leeway)


def local_issuer(settings: Settings) -> LocalIssuer:
    """The issuer of this machine; it makes its key when there is none yet."""
    auth = settings.auth
    if settings.environment == "production":
        raise Misconfigured("In production tokens come from your own issuer; `orders token` is for one machine alone.")
    if auth.jwks_url or auth.jwks_file:
        raise Misconfigured(
            "Tokens are checked with the keys of ORDERS_AUTH__JWKS_URL or _FILE, so that issuer has to issue them."
        )
    return LocalIssuer(key_file(settings), issuer=auth.issuer, audience=auth.audience)


def key_file(settings: Settings) -> Path:
    return settings.auth.key_file or settings.stack_dir / "issuer.json"


def _key_source(settings: Settings) -> Source:
    auth = settings.auth
    if auth.jwks_url:
        return keys_at(auth.jwks_url)
    if auth.jwks_file:
        return keys_in_file(auth.jwks_file)
    local_issuer(settings)
    return keys_in_file(key_file(settings))


def _limiter(settings: Settings, buckets: Buckets | None, metrics: HttpMetrics) -> RateLimiter | None:
    limits = settings.rate_limit
    if not limits.enabled:
        return None
    policy = Policy.of(burst=limits.burst, per_second=limits.per_second)
    return RateLimiter(policy, buckets, on_fallback=metrics.limiter_fallbacks.inc)
