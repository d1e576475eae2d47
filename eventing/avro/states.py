"""How a state is kept in a snapshot: Avro, under a name that changes with the shape of the state."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeVar

from eventing.avro.decoder import compile_decoder
from eventing.avro.derivation import Avro, derive_record
from eventing.avro.encoder import compile_encoder
from eventing.avro.lint import checked
from eventing.snapshots import LongStreams, SnapshotFormat, Snapshotted

S = TypeVar("S")


def snapshotted(declared: LongStreams) -> Snapshotted[Any]:
    kept_as: SnapshotFormat[Any] = avro_format(declared.state, declared.category, declared.revision)
    return Snapshotted(declared.category, declared.decider, kept_as, declared.every)


def avro_format(state: type[S], name: str, version: int) -> SnapshotFormat[S]:
    """Raise `version` when `evolve` changes and the shape of the state does not: the shape is in the name by itself."""
    schema = checked(_without_docs(derive_record(state.__name__, state, f"orderloom.state.{name}")), name)
    shape = hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:12]
    return SnapshotFormat(f"{name}.v{version}.{shape}", compile_encoder(schema, state), compile_decoder(schema, state))


def _without_docs(schema: Avro) -> Any:
    """Other words about a state make no other state."""
    if isinstance(schema, dict):
        return {key: _without_docs(value) for key, value in schema.items() if key != "doc"}
    return [_without_docs(item) for item in schema] if isinstance(schema, list) else schema
