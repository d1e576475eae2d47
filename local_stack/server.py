"""What the stack asks of each server. One server is one file in `servers/`."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from local_stack.kinds import Kind, kind_of
from local_stack.site import Site


class NotReady(Exception):
    """It does not answer properly yet. The text says what was missing."""


class Server(ABC):
    name: ClassVar[str]
    title: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]]
    needs: ClassVar[str | None] = None
    """The server that has to answer before this one is started."""
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    grace_seconds: ClassVar[float] = 15.0

    @abstractmethod
    def prepare(self, site: Site) -> None:
        """Write the configuration, make the data folder usable, clear away what a killed server left."""

    @abstractmethod
    def command(self, site: Site) -> list[str]: ...

    @abstractmethod
    def check(self, site: Site) -> None:
        """Do real work with the server, as a client; raises if it is not done."""

    @abstractmethod
    def version(self, site: Site, /) -> str: ...

    def environment(self, site: Site) -> Mapping[str, str]:  # noqa: ARG002  for those that have one
        return {}

    def working_folder(self, site: Site) -> Path:
        return site.data(self.name)

    def kind(self, site: Site) -> Kind:
        return kind_of(self.name, site.home, site.state.uid)
