"""Named places where a test can make the process die at once, as kill -9 would, at the n-th pass.

`ORDERS_CRASH_POINT=commands.committed:3` with `ORDERS_ENVIRONMENT=test`. Each name is declared here, so that a test
with a misspelt name fails instead of never crashing; outside tests a setting is refused, so that none can be used
against a platform that is live.
"""

from __future__ import annotations

import os
from typing import Final

from eventing.errors import Misconfigured

CRASH_POINTS: Final = {
    "commands.committed": "The events and the answer are committed; the caller has heard nothing.",
    "commands.before_append": "The command is decided; nothing is stored.",
    "projector.before_write": "The batch is folded; nothing of it is in the store.",
    "projector.mid_bulk": "A part of the batch is in the store, the rest is not.",
    "projector.written": "The documents are in the store; the marks have not moved.",
    "projector.marked": "The marks have moved; nobody was told.",
    "rebuild.before_switch": "The new build is as fresh as the live one; nothing is switched.",
    "rebuild.begun": "The new build is made; nothing is in it.",
    "rebuild.filled": "The log is folded; no projector has taken the new build over.",
    "rebuild.folded": "A stretch of the log is folded and given to the writer.",
    "rebuild.shown": "Readers see the new build; what was old before has not been taken away.",
    "rebuild.switched": "The new build is live by the table; readers still see the old one.",
    "rebuild.written": "A stretch is in the new build; Elasticsearch's marks have not moved.",
    "relay.before_produce": "The batch is read; nothing of it was given to Kafka.",
    "relay.produced": "The batch was given to Kafka's client; no acknowledgement has come.",
    "relay.acknowledged": "Kafka has the batch; the checkpoint has not moved.",
    "relay.checkpointed": "The checkpoint has moved; nobody was told.",
    "saga.before_commit": "A batch is decided and its rows are written; nothing of it is committed.",
    "saga.committed": "A batch is committed; Kafka has heard nothing.",
    "saga.claimed": "Open intents are claimed; nobody was asked.",
    "saga.asked_before_answer": "The outside world has answered; nothing of it is written down.",
    "saga.before_answer_commit": "What follows from an answer is decided; it is not committed.",
    "saga.answered": "What follows from an answer is committed; nobody was told.",
    "saga.deadlines_noted": "Deadlines are entered; they are not committed.",
    "saga.before_fire_commit": "Deadlines have passed and that is decided; it is not committed.",
    "saga.fired": "Passed deadlines are committed; nobody was told.",
}

EXIT_STATUS: Final = 137
"""That of a process killed with -9."""

_passes_left: dict[str, int] = {}


def reach(name: str) -> None:
    """Die here if this pass is the one that was asked for. Costs one look at an empty dict otherwise."""
    if not _passes_left or name not in _passes_left:
        return
    _passes_left[name] -= 1
    if _passes_left[name] == 0:
        os._exit(EXIT_STATUS)


def arm(wanted: str | None, *, environment: str) -> None:
    """Called by each composition root with what the settings say."""
    _passes_left.clear()
    if not wanted:
        return
    if environment != "test":
        raise Misconfigured("ORDERS_CRASH_POINT kills processes: take it away, or set ORDERS_ENVIRONMENT=test.")
    name, _, passes = wanted.partition(":")
    if name not in CRASH_POINTS or not (passes.isascii() and passes.isdigit() and int(passes) > 0):
        known = ", ".join(sorted(CRASH_POINTS))
        raise Misconfigured(f"ORDERS_CRASH_POINT is {wanted!r}, not name:pass with one of these names: {known}.")
    _passes_left[name] = int(passes)
