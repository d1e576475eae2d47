"""No process starts with compiled code that fastavro would not agree with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from event_schemas.order.placed import OrderPlaced
from eventing.avro.decoder import compile_decoder
from eventing.avro.encoder import compile_encoder
from eventing.avro.lint import checked
from eventing.avro.witness import examine
from eventing.catalogue import Catalogue
from eventing.errors import Misconfigured


@pytest.fixture
def raw() -> str:
    import event_schemas

    return Catalogue.discover(event_schemas)["order.placed"].schemas[2]


@pytest.mark.parametrize("spoil", [lambda body: body[:-1] + b"\2", lambda body: body + b"\0", lambda body: body[::-1]])
def test_an_encoder_that_writes_other_bytes_is_refused(raw: str, spoil: Callable[[bytes], bytes]) -> None:
    schema = checked(json.loads(raw), "order.placed")
    read, write = compile_decoder(schema, OrderPlaced), compile_encoder(schema, OrderPlaced)
    examine("order.placed", raw, schema, read, write)

    with pytest.raises(Misconfigured, match=r"order\.placed: the compiled codec and fastavro disagree"):
        examine("order.placed", raw, schema, read, lambda event: spoil(write(event)))


def test_a_decoder_that_reads_something_else_is_refused(raw: str) -> None:
    schema = checked(json.loads(raw), "order.placed")
    read = compile_decoder(schema, OrderPlaced)

    def swapped(body: bytes) -> Any:
        return replace(read(body), total=1)

    with pytest.raises(Misconfigured, match="disagree"):
        examine("order.placed", raw, schema, swapped, None)
