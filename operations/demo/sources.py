"""The source files of the platform, and whether one of them has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import operations

ROOT: Final = Path(operations.__file__).parents[1]
PACKAGES: Final = ("command_service", "event_schemas", "eventing", "outbox_relay", "projections", "saga_choreography")
READ: Final = frozenset({".py", ".lua", ".sql", ".avsc"})


class Sources:
    def __init__(self) -> None:
        self._folders = [ROOT / package for package in PACKAGES]
        self._known = self._look()

    def changed(self) -> list[Path]:
        """Since the last time that this was asked: changed, new and removed ones."""
        before, self._known = self._known, self._look()
        return sorted(path for path in before.keys() | self._known.keys() if before.get(path) != self._known.get(path))

    def _look(self) -> Mapping[Path, int]:
        return dict(self._files())

    def _files(self) -> Iterator[tuple[Path, int]]:
        for folder in self._folders:
            for path in folder.rglob("*"):
                if path.suffix in READ:
                    try:
                        yield path, path.stat().st_mtime_ns
                    except FileNotFoundError:
                        continue  # an editor puts a new file in place of the old one
