"""What a cache counts. The hit rate is hits / (hits + misses + shared)."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter


class CacheMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._asked = Counter(
            "orderloom_cache_requests",
            "Orders asked of the cache: kept already, read, or read by somebody else at the same time.",
            ("outcome",),
            registry=registry,
        )
        self.hits = self._asked.labels("hit")
        self.misses = self._asked.labels("miss")
        self.shared = self._asked.labels("shared")
        self.invalidated = Counter(
            "orderloom_cache_invalidated", "Entries that went because what they showed has changed.", registry=registry
        )
