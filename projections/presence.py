"""Whether a build is still where it was made. Who has nothing to write would not notice that it has gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from eventing.consuming import Mark, Partition
from projections.ports import ANYWHERE, DocumentStore

LOOK_SECONDS: Final = 1.0


class Presence:
    def __init__(self, store: DocumentStore, identity: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._seen_at: float | None = None

    def demand(self, kept: Mapping[Partition, Mark] = ANYWHERE.marks) -> None:
        """Raises `Lost` where the build is gone, `Unavailable` where nobody can say."""
        self._store.demand(self._identity, kept)
        self._seen_at = self._clock()

    def demand_now_and_then(self, kept: Mapping[Partition, Mark]) -> None:
        """Also that it is as far as it was said to be: raises `SetBack` where it is not.

        Costs nothing where it was seen within the last second; after an error it is looked for again at once."""
        if self._seen_at is None or self._clock() - self._seen_at >= LOOK_SECONDS:
            self._seen_at = None
            self.demand(kept)
