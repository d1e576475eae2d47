"""A process of the saga, to be killed, stopped and told to end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.child_process import PATIENCE, ChildProcess
from tests.support.waiting import until


class SagaProcess(ChildProcess):
    def __init__(self, settings: Mapping[str, str], names: Sequence[str], *, mutant: str = "none") -> None:
        super().__init__("tests.support.saga.main", mutant, *names, settings=settings)

    @cached_property
    def address(self) -> str:
        """Of its health; waits until it says so."""
        return self.announced()

    def metric(self, name: str, participant: str) -> float:
        text = httpx.get(f"{self.address}/metrics", timeout=PATIENCE).text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return next(
            each.value
            for each in samples
            if each.name == f"orderloom_saga_{name}" and each.labels.get("participant") == participant
        )

    def await_partitions(self, participant: str, count: int) -> None:
        until(lambda: self.metric("partitions", participant) == count, f"{count} partitions of {participant}")

    def readiness(self) -> int:
        return httpx.get(f"{self.address}/readyz", timeout=PATIENCE).status_code
