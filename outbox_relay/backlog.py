"""The next events of the log. While one batch is published, a thread reads the one after it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple

from outbox_relay.ports import Log, Row

BATCH_BYTES: Final = 8 * 1024 * 1024
AHEAD_FROM: Final = 256
"""A batch of so many events was probably not the last one. After a smaller one, reading ahead would come too early."""


class _Ahead(NamedTuple):
    after: int
    limit: int
    rows: Future[Sequence[Row]]


class Backlog:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="log")
        self._ahead: _Ahead | None = None

    def next(self, after: int, limit: int) -> Sequence[Row]:
        """None, if the log ends there. Raises `Unavailable`."""
        rows = self._read_ahead(after, limit)
        if rows is None:
            rows = self._log.read(after, limit, BATCH_BYTES)
        if len(rows) >= AHEAD_FROM:
            last = rows[-1][0]
            self._ahead = _Ahead(last, limit, self._reader.submit(self._log.read, last, limit, BATCH_BYTES))
        return rows

    def close(self) -> None:
        self._reader.shutdown(wait=True, cancel_futures=True)

    def _read_ahead(self, after: int, limit: int) -> Sequence[Row] | None:
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return None
        rows = ahead.rows.result()  # also when it is not wanted any more: until then the connection is in use
        return rows if (ahead.after, ahead.limit) == (after, limit) else None
