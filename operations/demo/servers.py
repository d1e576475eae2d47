"""The servers: those whose addresses are given, else the local stack, which is stopped again if this started it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local_stack import state
from local_stack.stack import Stack
from operations.checks.servers import demand_servers
from operations.demo.stage import Stage
from operations.resolve import PLACES, filled, resolved_settings
from operations.stack_progress import StackProgress


@contextmanager
def servers(stage: Stage) -> Iterator[None]:
    started = None
    if all(place.address(stage.settings) is None for place in PLACES) and state.read(stage.settings.stack_dir) is None:
        started = _start(stage)
    try:
        stage.settings, _ = filled(stage.settings)
        _show(stage)
        yield
    finally:
        if started:
            stage.screen.say("Stopping the servers; their data stay.")
            with StackProgress() as progress:
                started.down(progress)


def _start(stage: Stage) -> Stack:
    stack = Stack(stage.settings.stack_dir)
    stage.screen.say("Starting the servers. The first time they are downloaded.")
    with StackProgress() as progress:
        stack.up(progress)
    return stack


def _show(stage: Stage) -> None:
    resolved_settings()
    for finding in demand_servers(stage.settings):
        stage.screen.say(f"  {finding.says}")
