"""Reads mutated events, in a process of its own: `python -m tests.support.mutations COUNT [READER]`.

Prints how many were read and refused, and the highest memory. Anything but an event or `Unreadable` ends the process
with a trace; so does memory beyond the bound. `READER=trusting` is the mutant: a general reader, and a schema that may
hold itself, as the event language forbids it.
"""

from __future__ import annotations

import io
import json
import random
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import event_schemas
from eventing.avro import Codec
from eventing.avro.varints import VARINTS
from eventing.catalogue import Catalogue
from eventing.errors import Unreadable

MEMORY = 1 << 30
STORED = Path(__file__).parents[1] / "contract" / "stored_events"
NUMBERS = [VARINTS[n] for n in (0, -1, 1, -3, 5, 64, 300_000, -(1 << 31), 1 << 31, (1 << 63) - 1, -(1 << 63))]
NUMBERS += [b"\xff" * 9 + b"\x01", b"\x80" * 12, b"\xff" * 20]

SELF_HOLDING = {
    "type": "record",
    "name": "Nest",
    "fields": [{"name": "inner", "type": ["null", "Nest"]}],
}


class Stored(NamedTuple):
    type: str
    version: int
    body: bytes


def stored_events() -> list[Stored]:
    found = []
    for file in sorted(STORED.glob("*.json")):
        name, _, version = file.stem.rpartition(".v")
        found.append(Stored(name, int(version), bytes.fromhex(json.loads(file.read_text("utf-8"))["body"])))
    return found


def mutated(count: int, seed: int) -> Iterator[Stored]:
    """Stored bodies with one to four places changed; one in twenty is read as another type."""
    chance, events = random.Random(seed), stored_events()
    changes = (_flip, _cut, _drop, _insert_number, _repeat, _replace)
    for _ in range(count):
        event = chance.choice(events)
        body = event.body
        for _ in range(chance.randint(1, 4)):
            body = chance.choice(changes)(chance, body)
        taken_for = chance.choice(events) if chance.random() < 0.05 else event
        yield Stored(taken_for.type, taken_for.version, body)


def _flip(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :] if at < len(body) else body


def _cut(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _drop(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + body[at + chance.randrange(8) :]


def _insert_number(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.choice(NUMBERS) + body[at:]


def _repeat(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + body[at : at + 16] * chance.randrange(40) + body[at:]


def _replace(chance: random.Random, body: bytes) -> bytes:
    at, number = chance.randrange(len(body) + 1), chance.choice(NUMBERS)
    return body[:at] + number + body[at + len(number) :]


def trusting(_type: str, _version: int, _body: bytes) -> Any:
    import fastavro

    return fastavro.schemaless_reader(io.BytesIO(b"\2" * 200_000 + b"\0"), fastavro.parse_schema(SELF_HOLDING), None)


def main(count: int, reader: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    codec = Codec(Catalogue.discover(event_schemas))
    read: Callable[[str, int, bytes], Any] = trusting if reader == "trusting" else codec.decode
    refused = 0
    before = _peak()
    for event in mutated(count, seed=count):
        try:
            read(*event)
        except Unreadable:
            refused += 1
    json.dump({"read": count - refused, "refused": refused, "grown_mib": (_peak() - before) >> 10}, sys.stdout)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "codec")
