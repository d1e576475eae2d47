"""The demo from its first step to its last word."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from eventing.settings import read_settings
from operations.demo.accounts import accounts
from operations.demo.alone import alone
from operations.demo.customers import customers
from operations.demo.ending import told_to_end
from operations.demo.invitation import invited
from operations.demo.scenes import scenes
from operations.demo.screen import screen
from operations.demo.seeding import seeded
from operations.demo.servers import servers
from operations.demo.services import outside, prepared, services
from operations.demo.stage import Stage, Step, play
from operations.demo.tail import tail

STEPS: Final[tuple[Step, ...]] = (
    alone,
    servers,
    prepared,
    outside,
    services,
    tail,
    seeded,
    invited,
    accounts,
    scenes,
    customers,
)
"""A part of the platform that is new gets its step here."""
SECONDS_A_PICTURE: Final = 0.25


def run(seconds: float | None) -> None:
    """Lives until it is told to end, or for so many seconds; then everything that it started is stopped."""
    stage = Stage(read_settings(), screen())
    with told_to_end(stage):
        play(STEPS, stage, lambda stage: _show(stage, seconds))
    stage.screen.sum_up(stage.board)
    for line in stage.proofs:
        stage.screen.say(line)


def _show(stage: Stage, seconds: float | None) -> None:
    end = time.monotonic() + seconds if seconds is not None else float("inf")
    stage.screen.say("All of it runs." + ("" if seconds is not None else " Ctrl-C ends it."))
    with suppress(KeyboardInterrupt), stage.screen.showing(stage.board):
        while time.monotonic() < end and not stage.ended.wait(min(SECONDS_A_PICTURE, max(0.0, end - time.monotonic()))):
            stage.screen.refresh(stage.board)
            for still_well in stage.watched:
                still_well()
    stage.ended.set()
