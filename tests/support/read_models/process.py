"""A projector as a process, to be killed, stopped and told to end."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.child_process import ChildProcess


class ProjectorProcess(ChildProcess):
    def __init__(self, settings: Mapping[str, str], *models: str, mutant: str = "none") -> None:
        super().__init__("tests.support.read_models.main", mutant, *models, settings=settings)
        self.address = self.announced()
        """Of its health."""
