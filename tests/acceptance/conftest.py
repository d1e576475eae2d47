"""Acceptance tests meet the same processes as the integration tests of the services do."""

from __future__ import annotations

from tests.integration.command_service.conftest import api, surroundings

__all__ = ["api", "surroundings"]
