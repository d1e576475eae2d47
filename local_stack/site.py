"""Everything a server needs to know about the stack it is part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.account import Account
from local_stack.state import State


@dataclass(frozen=True, slots=True)
class Site:
    state: State
    account: Account
    programs: Mapping[str, Path]
    """Folders by name: java, kafka, elasticsearch, registry, postgres, redis. Empty when only asking."""

    def data(self, server: str) -> Path:
        return self.state.home / "data" / server

    def config(self, server: str) -> Path:
        return self.state.home / "config" / server

    def log(self, server: str) -> Path:
        return self.state.home / "logs" / f"{server}.log"

    def port(self, name: str) -> int:
        return self.state.ports[name]

    @property
    def java(self) -> str:
        return str(self.programs["java"] / "bin" / "java")

    def make_folders(self, server: str) -> None:
        """Each folder on the way belongs to the servers' account, which has to be able to walk it."""
        home = self.state.home
        for folder in (home, home / "data", home / "config", home / "logs", self.data(server), self.config(server)):
            self.account.make_own(folder)
