"""What the store needs to know about events: how one becomes bytes, and bytes an event again."""

from __future__ import annotations

from typing import Any, Final, Protocol

MAX_BODY: Final = 256 * 1024
"""Bytes of one event. What is stored must be sent, and a Kafka broker as it comes takes less than Postgres would."""


class Codec(Protocol):
    def encode(self, event: object) -> tuple[str, int, bytes]:
        """Type, schema version and body. Raises `Refusal` for what can't be written."""
        ...

    def decode(self, type_name: str, schema_version: int, body: bytes) -> Any:
        """The event in its newest version."""
        ...
