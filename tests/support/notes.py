"""The least that an event store can be tried with: notes, whose bodies are their text, and appends of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from eventing.envelope import Circumstances, NewEvent, Recorded
from eventing.event_store import Append, Idempotency, InlineWrite, StreamWrite


@dataclass(frozen=True, slots=True)
class Note:
    text: str


class NoteCodec:
    def encode(self, event: object) -> tuple[str, int, bytes]:
        assert isinstance(event, Note)
        return "test.noted", 1, event.text.encode()

    def decode(self, type_name: str, schema_version: int, body: bytes) -> Note:
        assert (type_name, schema_version) == ("test.noted", 1)
        return Note(body.decode())


def somebody(actor: str = "tester", correlation_id: UUID | None = None) -> Circumstances:
    return Circumstances(correlation_id or uuid4(), actor)


def notes(*texts: str) -> Sequence[NewEvent]:
    return [NewEvent(uuid4(), Note(text)) for text in texts]


def noting(
    stream: str,
    expected: int,
    *texts: str,
    circumstances: Circumstances | None = None,
    idempotency: Idempotency | None = None,
    inline: Sequence[InlineWrite] = (),
) -> Append:
    return append_of(
        StreamWrite(stream, expected, notes(*texts)),
        circumstances=circumstances,
        idempotency=idempotency,
        inline=inline,
    )


def append_of(
    *writes: StreamWrite,
    circumstances: Circumstances | None = None,
    idempotency: Idempotency | None = None,
    inline: Sequence[InlineWrite] = (),
) -> Append:
    return Append(writes, circumstances or somebody(), idempotency, inline)


def asked(key: str, *, fingerprint: bytes = b"request", answer: bytes = b"answer", scope: str = "tests") -> Idempotency:
    return Idempotency(scope, key, fingerprint, answer)


def texts(events: Sequence[Recorded]) -> list[str]:
    return [event.body.decode() for event in events]
