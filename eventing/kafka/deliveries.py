"""Which batches are acknowledged: they finish in any order, and what counts is how far without a gap."""

from __future__ import annotations

from collections import deque
from typing import Any


class Delivery:
    """A batch on its way. Called by the Kafka client once for each message of it."""

    __slots__ = ("awaited", "failure", "last")

    def __init__(self, last: int, count: int) -> None:
        self.last = last
        """The position of the last event of the batch."""
        self.awaited = count
        self.failure: tuple[Any, Any] | None = None

    def report(self, error: Any, message: Any) -> None:
        if error is None:
            self.awaited -= 1
        else:
            self.failure = error, message


class Deliveries:
    def __init__(self, acknowledged: int) -> None:
        self.acknowledged = acknowledged
        """Everything up to this position is acknowledged."""
        self._open: deque[Delivery] = deque()

    def begin(self, last: int, count: int) -> Delivery:
        delivery = Delivery(last, count)
        self._open.append(delivery)
        return delivery

    def __len__(self) -> int:
        return len(self._open)

    def settle(self) -> tuple[Any, Any] | None:
        """Moves `acknowledged` over the finished batches at the front; answers with a failure, if there is any.

        A failed message stays unacknowledged for ever, so nothing behind it counts, whatever Kafka took of it.
        """
        while self._open and self._open[0].awaited == 0:
            self.acknowledged = self._open.popleft().last
        return next((delivery.failure for delivery in self._open if delivery.failure is not None), None)
