"""The same processes as in the integration tests of the query API."""

from __future__ import annotations

from tests.integration.query_api.conftest import api, platform, projector, relay, writer

__all__ = ["api", "platform", "projector", "relay", "writer"]
