"""`orders up`: everything that the demo runs, without the show, for whoever works on the platform or with it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from eventing.errors import OrderloomError
from eventing.settings import read_settings
from operations.demo.alone import alone
from operations.demo.ending import told_to_end
from operations.demo.invitation import invited
from operations.demo.screen import Screen
from operations.demo.seeding import seeded
from operations.demo.servers import servers
from operations.demo.services import outside, prepared, services
from operations.demo.sources import ROOT, Sources
from operations.demo.stage import Service, Stage, Step, play

STEPS: Final[tuple[Step, ...]] = (alone, servers, prepared, outside, services, seeded, invited)
SECONDS_A_LOOK: Final = 0.5


def run(*, reload: bool) -> None:
    """Lives until it is told to end; then everything that it started is stopped."""
    stage = Stage(read_settings(), Screen())
    with told_to_end(stage):
        play(STEPS, stage, partial(_stand, sources=Sources() if reload else None))


def _stand(stage: Stage, sources: Sources | None) -> None:
    reloads = " A source file that changes starts the services again." if sources else ""
    stage.screen.say(f"All of it runs. Ctrl-C ends it.{reloads}")
    with suppress(KeyboardInterrupt):
        while not stage.ended.wait(SECONDS_A_LOOK):
            if sources and (changed := sources.changed()):
                _start_again(stage, changed)
            for still_well in stage.watched:
                still_well()
    stage.ended.set()


def _start_again(stage: Stage, changed: Sequence[Path]) -> None:
    """A service that does not start is a mistake just typed: what it says is shown, and the next change tries again."""
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    stage.screen.say(f"{changed[0].relative_to(ROOT)}{more} changed; the services start again.")
    with ThreadPoolExecutor(len(stage.services)) as hands:
        list(hands.map(_stop, stage.services))
    for service in stage.services:
        service.start_again()
    failures = [failure for service in stage.services if (failure := _failure(service))]
    stage.screen.say("\n".join(failures) or "They run again.")


def _stop(service: Service) -> None:
    service.stop()


def _failure(service: Service) -> str | None:
    try:
        service.announcement()
    except OrderloomError as error:
        return str(error)
    return None
