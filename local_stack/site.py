"""Everything a server needs to know about the stack it is part of."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.account import Account
from local_stack.kinds import data_of
from local_stack.state import State


@dataclass(frozen=True, slots=True)
class Site:
    home: Path
    """Where the servers keep data, configuration and logs."""
    state: State
    account: Account
    programs: Mapping[str, Path]
    """Folders by name: java, kafka, elasticsearch, registry, postgres, redis. Empty when only asking."""

    def data(self, server: str) -> Path:
        return data_of(server, self.home)

    def config(self, server: str) -> Path:
        return self.home / "config" / server

    def log(self, server: str) -> Path:
        return self.home / "logs" / f"{server}.log"

    def port(self, name: str) -> int:
        return self.state.ports[name]

    @property
    def java(self) -> str:
        return str(self.programs["java"] / "bin" / "java")

    def java_options(self, server: str) -> list[str]:
        """Small and quick to start; nothing of it lies in the machine's own temporary folder."""
        small = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
        return [*small, f"-Djava.io.tmpdir={self.scratch(server)}"]

    def scratch(self, server: str) -> Path:
        return self.data(server) / "tmp"

    def make_folders(self, server: str) -> None:
        """Each folder on the way belongs to the servers' account, which has to be able to walk it."""
        areas = (self.home / "data", self.home / "config", self.home / "logs")
        for folder in (self.home, *areas, self.data(server), self.config(server)):
            self.account.make_own(folder)

    def make_scratch(self, server: str) -> None:
        """Emptied at each start: a killed Java leaves unpacked libraries behind."""
        shutil.rmtree(self.scratch(server), ignore_errors=True)
        self.account.make_own(self.scratch(server))
