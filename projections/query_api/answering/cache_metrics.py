"""What the caches count, each for its model. The hit rate of one is hits / (hits + misses + shared).

Some keep nothing and only let those who ask at once share a trip: counted together with the others, each of their trips
would look as if something kept had been missing.
"""

from __future__ import annotations

from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter


class CacheMetrics(NamedTuple):
    """Of one cache."""

    hits: Counter
    misses: Counter
    shared: Counter
    invalidated: Counter


class AllCacheMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._asked = Counter(
            "orderloom_cache_requests",
            "Orders asked of the cache of a model: kept already, read, or read by somebody else at the same time.",
            ("model", "outcome"),
            registry=registry,
        )
        self._invalidated = Counter(
            "orderloom_cache_invalidated",
            "Entries that went because what they showed has changed.",
            ("model",),
            registry=registry,
        )

    def of(self, model: str) -> CacheMetrics:
        hits, misses, shared = (self._asked.labels(model, outcome) for outcome in ("hit", "miss", "shared"))
        return CacheMetrics(hits, misses, shared, self._invalidated.labels(model))
