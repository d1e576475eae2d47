"""Events that come in while something else goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.support.read_models.story import Told

Put = Callable[[Sequence[Told]], object]


class Load:
    """What comes in until the block ends; `told` is how much of the log has come."""

    def __init__(self, put: Put, log: Sequence[Told], begin: int, batch: int, pause: float) -> None:
        self.told = begin
        self.log = log
        self._put = put
        self._batch = batch
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._come, name="load")

    @property
    def has_ended(self) -> bool:
        return self.told >= len(self.log)

    def _come(self) -> None:
        while not self._stop.is_set() and not self.has_ended:
            self._put(self.log[self.told : self.told + self._batch])
            self.told = min(len(self.log), self.told + self._batch)
            self._stop.wait(self._pause)  # the rate of the load


@contextmanager
def load(put: Put, log: Sequence[Told], begin: int = 0, *, batch: int = 20, pause: float = 0.05) -> Iterator[Load]:
    coming = Load(put, log, begin, batch, pause)
    coming._thread.start()
    try:
        yield coming
    finally:
        coming._stop.set()
        coming._thread.join()
