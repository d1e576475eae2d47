"""Every place where a test can make a process die: what that leaves, and what would be lost without its mechanism.

A place that the code reaches and that is not declared here, or the other way round, fails a test.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_KEEPING = "projections/keeping.py"
_STORES = "projections/stores/elasticsearch.py", "projections/stores/redis.py"
_REBUILD = "projections/rebuilding/rebuild.py"
_ROLLBACK = "projections/rebuilding/rollback.py"
_REPLAYING = "projections/rebuilding/replaying.py"


class CrashPoint(NamedTuple):
    where: tuple[str, ...]
    """The files in which it is reached."""
    state: str
    """What a process leaves behind that dies here."""
    without: str
    """What would be lost or done twice, and which mechanism sees to it that it isn't."""


CRASH_POINTS: Final = {
    "commands.before_append": CrashPoint(
        ("command_service/handling.py",),
        "The command is decided; nothing is stored.",
        "The key, if it were kept on its own before: later tries would be told of an order that isn't there.",
    ),
    "commands.committed": CrashPoint(
        ("command_service/handling.py",),
        "The events and the answer are committed; the caller has heard nothing.",
        "A second order at the next try, if key and answer were not in the transaction of the events.",
    ),
    "relay.before_produce": CrashPoint(
        ("outbox_relay/leading.py",),
        "The batch is read; nothing of it was given to Kafka.",
        "The batch, if the checkpoint moved by what is read and not by what Kafka has acknowledged.",
    ),
    "relay.produced": CrashPoint(
        ("outbox_relay/leading.py",),
        "The batch was given to Kafka's client; no acknowledgement has come.",
        "What the client still held, if the checkpoint moved before the acknowledgement.",
    ),
    "relay.acknowledged": CrashPoint(
        ("outbox_relay/leading.py",),
        "Kafka has the batch; the checkpoint has not moved.",
        "Nothing; it is sent twice, and twice handled if consumers did not compare positions with their marks.",
    ),
    "relay.checkpointed": CrashPoint(
        ("outbox_relay/leading.py",),
        "The checkpoint has moved; nobody was told.",
        "What was sent after it, if the next leader began anywhere but at the checkpoint.",
    ),
    "saga.before_commit": CrashPoint(
        ("saga_choreography/handling.py",),
        "A batch is decided and its rows are written; nothing of it is committed.",
        "Half of the batch, if stock, intents, events and marks were not in one transaction.",
    ),
    "saga.committed": CrashPoint(
        ("saga_choreography/handling.py",),
        "A batch is committed; Kafka has heard nothing.",
        "Stock that is reserved twice, if the marks stood in Kafka alone and not beside the events.",
    ),
    "saga.claimed": CrashPoint(
        ("saga_choreography/asking.py",),
        "Open intents are claimed; nobody was asked.",
        "The question for ever, if a claim were not a lease that ends by itself.",
    ),
    "saga.asked_before_answer": CrashPoint(
        ("saga_choreography/asking.py",),
        "The outside world has answered; nothing of it is written down.",
        "A second charge, if the next one did not ask under the same key.",
    ),
    "saga.before_answer_commit": CrashPoint(
        ("saga_choreography/answering.py",),
        "What follows from an answer is decided; it is not committed.",
        "The answer, if its intent were closed before what follows from it is stored.",
    ),
    "saga.answered": CrashPoint(
        ("saga_choreography/answering.py",),
        "What follows from an answer is committed; nobody was told.",
        "The next question until much later, if open intents were looked for on a call only.",
    ),
    "saga.deadlines_noted": CrashPoint(
        ("saga_choreography/watchdog.py",),
        "Deadlines are entered; they are not committed.",
        "Deadlines, if the place up to which the log was read moved without them.",
    ),
    "saga.before_fire_commit": CrashPoint(
        ("saga_choreography/watchdog.py",),
        "Deadlines have passed and that is decided; it is not committed.",
        "The order's way back, if a deadline were marked as fired before its event is stored.",
    ),
    "saga.fired": CrashPoint(
        ("saga_choreography/watchdog.py",),
        "Passed deadlines are committed; nobody was told.",
        "Nothing; they would fire twice if the mark were not in the transaction of the event.",
    ),
    "projector.before_write": CrashPoint(
        (_KEEPING,),
        "The batch is folded; nothing of it is in the store.",
        "The batch, if marks moved with what is read.",
    ),
    "projector.mid_bulk": CrashPoint(
        _STORES,
        "A part of the batch is in the store, the rest is not.",
        "Sums counted twice, if a document did not carry the position that it is folded up to.",
    ),
    "projector.written": CrashPoint(
        (_KEEPING,),
        "The documents are in the store; the marks have not moved.",
        "Nothing; the other way round, marks first, the documents of the batch.",
    ),
    "projector.parked": CrashPoint(
        (_KEEPING,),
        "Redis has the documents, and Postgres what had to be parked; the marks in Redis have not moved.",
        "Nothing; the batch comes again and is parked in the same place. Marks first, what was to be parked is gone.",
    ),
    "projector.marked": CrashPoint(
        (_KEEPING,),
        "The marks have moved; nobody was told.",
        "A reader's turn, if those who wait for a position relied on being told and did not look themselves.",
    ),
    "rebuild.begun": CrashPoint(
        (_REBUILD,),
        "The new build is made; nothing is in it.",
        "The build's place: it would lie about, if the next run did not take it up by its row.",
    ),
    "rebuild.folded": CrashPoint(
        (_REPLAYING,),
        "A stretch of the log is folded and given to the writer.",
        "The stretch, if the next run went on from what was folded and not from what was kept.",
    ),
    "rebuild.written": CrashPoint(
        (_REPLAYING,),
        "A stretch is in the new build; Elasticsearch's marks have not moved.",
        "Nothing; it is written once more, and its versions take that for what it is.",
    ),
    "rebuild.filled": CrashPoint(
        (_REBUILD,),
        "The log is folded; no projector has taken the new build over.",
        "What comes in from now on, if the state did not tell projectors to follow the build.",
    ),
    "rebuild.before_switch": CrashPoint(
        (_REBUILD, _ROLLBACK),
        "The new build is as fresh as the live one; nothing is switched.",
        "The work, if it were not found again: the next run has only the switch to do.",
    ),
    "rebuild.switched": CrashPoint(
        (_REBUILD, _ROLLBACK),
        "The new build is live by the table; readers still see the old one.",
        "Freshness of what readers see, if the old build were not kept fresh until readers have moved.",
    ),
    "rebuild.shown": CrashPoint(
        (_REBUILD,),
        "Readers see the new build; what was old before has not been taken away.",
        "Room on the disk, if the next run did not bury what is retired.",
    ),
}
