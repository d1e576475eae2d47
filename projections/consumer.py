"""How a projection reads topics: as a member of a group, from where it says itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from eventing.consuming import Mark, Message, Partition


class Consumer(Protocol):
    def take(self, seconds: float, most: int) -> Sequence[Message]: ...
    def pause(self, partitions: Sequence[Partition]) -> None: ...
    def resume(self, partitions: Sequence[Partition]) -> None: ...
    def told(self, marks: Mapping[Partition, Mark]) -> None: ...
    def close(self) -> None: ...


Assigned = Callable[[Sequence[Partition]], Mapping[Partition, Mark]]
Revoked = Callable[[Sequence[Partition]], None]
OpenConsumer = Callable[[str, Sequence[str], Assigned, Revoked], Consumer]
"""Group, topics, and whom to ask when partitions come and go."""
