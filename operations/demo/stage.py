"""What the steps of the demo share, and how they follow each other."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from eventing.settings import Settings
from operations.demo.board import Board
from operations.demo.screen import Screen
from operations.resolve import PLACES

A_DAY: Final = 24 * 60


class Service(Protocol):
    """A process that a scene may kill, and a changed source file starts anew."""

    name: str

    @property
    def pid(self) -> int: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...
    def start_again(self) -> None: ...
    def announcement(self) -> str: ...


@dataclass(slots=True)
class Stage:
    settings: Settings
    screen: Screen
    board: Board = field(default_factory=Board)
    ended: threading.Event = field(default_factory=threading.Event)
    watched: list[Callable[[], None]] = field(default_factory=list)
    """Asked again and again while the demo shows itself; raises when something has ended by itself."""
    write_api: str = ""
    query_api: str = ""
    payments: str = ""
    carrier: str = ""
    services: list[Service] = field(default_factory=list)
    """All that are ours."""
    relays: list[Service] = field(default_factory=list)
    projector: str = ""
    """Where its metrics are."""
    proofs: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    """What services are told beside the servers' addresses, as environment variables."""
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def logs(self) -> Path:
        return self.settings.stack_dir / "demo"

    def token(self, role: str, subject: str | None = None) -> str:
        """Of the local issuer, as `orders token` prints them; good for a day, kept for the next request."""
        from eventing.web.auth import Role
        from eventing.web.setup import local_issuer

        subject = subject or f"demo-{role}"
        if (role, subject) not in self._tokens:
            issued = local_issuer(self.settings).issue(subject, [Role(role)], minutes=A_DAY)
            self._tokens[role, subject] = issued
        return self._tokens[role, subject]

    def environment(self) -> dict[str, str]:
        """For child processes: they find what this process has found, wherever it came from."""
        given = dict(os.environ)
        for place in PLACES:
            address = place.address(self.settings)
            given.pop(f"{place.variable}_FILE", None)
            given[place.variable] = address.get_secret_value() if place.secret else str(address)  # type: ignore[attr-defined]
        return given | self.told


Step = Callable[[Stage], AbstractContextManager[None]]
"""Does something and, when the demo ends, undoes it."""


def play(steps: Sequence[Step], stage: Stage, until: Callable[[Stage], None]) -> None:
    """Steps are undone in the opposite order, however it ends."""
    with ExitStack() as undone:
        for step in steps:
            undone.enter_context(step(stage))
        until(stage)
