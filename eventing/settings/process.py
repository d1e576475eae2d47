"""How each process shows itself: its health, its place, its traces."""

from __future__ import annotations

from pydantic import Field

from eventing.settings.section import Folder, HttpUrl, Section


class HealthSettings(Section):
    host: str = Field("127.0.0.1", min_length=1, description="the address at which workers show how they are")


class PlaceSettings(Section):
    node: str | None = Field(None, max_length=100, description="this process's machine; its host name if not given")
    region: str = Field("local", max_length=100, description="where it runs, as /health says")
    zone: str = Field("local", max_length=100, description="the part of the region, as /health says")


class TracingSettings(Section):
    """Spans of requests and of what follows from them. Without an address and a file none are made."""

    endpoint: HttpUrl | None = Field(None, description="http://host:4318 of a collector that speaks OTLP over HTTP")
    file: Folder | None = Field(None, description="a file to which spans are added, a JSON object each")
    share: float = Field(1.0, ge=0, le=1, description="of requests that bring no trace, so many begin one")
