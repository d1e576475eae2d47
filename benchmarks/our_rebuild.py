"""Our rebuild in a process of its own, as an operator runs it; it says how long it took and how much memory it had."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contest import Contender, Sample, WrongResultError
from eventing.settings import read_settings
from projections.read_model import models_named
from projections.rebuilding.outside import Outside
from projections.rebuilding.rebuild import Rebuild
from projections.rebuilding.wiring import quick_memory, workplace
from projections.wiring import read_models


@dataclass
class OurRebuild:
    """Of one model, from a log of so many events."""

    model: str
    events: int
    documents: int
    settings: Mapping[str, str]
    megabytes: list[float] = field(default_factory=list)

    def contender(self, name: str) -> Contender:
        return Contender(name, self._run, self._check)

    async def _run(self, _seconds: float) -> Sample:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ORDERS_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.our_rebuild", self.model),
            env={**clean, **self.settings},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        if process.returncode:
            raise WrongResultError(f"The rebuild ended with {process.returncode}.")
        told = json.loads(out)
        self.megabytes.append(told["megabytes"])
        if told["documents"] != self.documents or told["events"] != self.events:
            raise WrongResultError(f"{told} instead of {self.events} events and {self.documents} documents.")
        return Sample(self.events, told["seconds"])

    async def _check(self) -> None:
        """Each run has counted its documents."""


def _forget(outside: Outside, model: str) -> None:
    """What the run before has left, so that each begins with nothing."""
    for build in outside.lifecycle.builds(model):
        outside.lifecycle.retire(build)
    for build in outside.lifecycle.retired():
        opened = outside.open(build)
        opened.store.drop()
        opened.close()
        outside.lifecycle.buried(build)


def _peak_kilobytes() -> int:
    """Of this program: what getrusage tells has that of the process in it that started it."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1])


def main() -> None:
    settings = read_settings()
    (model,) = models_named(read_models(), [sys.argv[1]])
    with workplace(settings, model) as place, quick_memory():
        _forget(place.outside, model.name)
        result = Rebuild(model, place.outside).run()
        told = {
            "events": result.events,
            "seconds": result.seconds,
            "documents": place.outside.workbench.count(result.build),
            "megabytes": _peak_kilobytes() / 1024,
        }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
