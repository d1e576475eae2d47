"""The HTTP services: where they listen, whom they let in, and how much of it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from eventing.settings.section import Port, Section


class AuthSettings(Section):
    issuer: str = Field("https://orderloom.local", min_length=1, description="the `iss` that tokens must have")
    audience: str = Field("orderloom", min_length=1, description="the `aud` that tokens must have")
    jwks_url: str | None = Field(None, pattern=r"^https?://", description="where the issuer publishes its keys")
    jwks_file: Path | None = Field(None, description="the issuer's keys as a file, instead of a URL")
    key_file: Path | None = Field(None, description="the local issuer's key pair; in the stack's folder if not given")
    leeway: int = Field(10, ge=0, le=30, description="seconds that clocks may differ")

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if self.jwks_url and self.jwks_file:
            raise ValueError("ORDERS_AUTH__JWKS_URL and ORDERS_AUTH__JWKS_FILE are both set: unset one of them")
        return self


class HttpSettings(Section):
    host: str = Field("127.0.0.1", min_length=1, description="the address to listen at")
    port: Port = Field(0, description="the port to listen at; 0 takes a free one")
    body_limit: int = Field(64 * 1024, ge=1024, le=16 * 1024 * 1024, description="bytes a request may have")
    connection_limit: int = Field(1000, ge=1, description="connections at a time")
    notice_seconds: float = Field(0.5, ge=0, le=300, description="seconds of not being ready before the door closes")
    drain_seconds: float = Field(10.0, ge=0, le=300, description="seconds for requests to finish when it stops")
    trusted_proxies: str = Field("", description="addresses whose X-Forwarded-For is believed, with commas")


class CommandApiSettings(HttpSettings):
    port: Port = Field(8080, description="the port of the write API; 0 takes a free one")


class QueryApiSettings(HttpSettings):
    port: Port = Field(8081, description="the port of the query API; 0 takes a free one")
    cursor_key: SecretStr | None = Field(
        None, min_length=32, description="signs cursors, the same in all query APIs; in the stack's folder if not given"
    )
    origins: str = Field("", description="origins whose pages may open live streams, with commas")
    wait_seconds: float = Field(2.0, ge=0, le=60, description="how long a query waits for a token that says nothing")
    longest_wait_seconds: float = Field(10.0, ge=0, le=60, description="how long it waits at most, whatever it says")
    cache_entries: int = Field(10_000, ge=0, le=1_000_000, description="orders kept in the process; 0 keeps none")
    cache_seconds: float = Field(1.0, ge=0, le=60, description="how long one is kept though nobody says it changed")
    streams: int = Field(500, ge=0, le=100_000, description="live streams of a process at a time")
    streams_per_caller: int = Field(20, ge=1, le=10_000, description="live streams of one caller at a time")


class RateLimitSettings(Section):
    enabled: bool = Field(True, description="whether callers are limited at all")
    per_second: float = Field(100.0, gt=0, description="requests a second that a caller may go on making")
    burst: int = Field(200, ge=1, description="requests that a caller may make at once")


class LoadSettings(Section):
    queue_limit: int = Field(2000, ge=1, description="appends that may wait before requests are turned away")
    relay_lag_events: int = Field(500_000, ge=1, description="unpublished events before requests are turned away")
    relay_lag_seconds: float = Field(300.0, gt=0, description="age of the oldest of them before that")
