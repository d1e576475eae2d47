"""Messages that tell, as they are sent, how long each event was on the way from its commit to Kafka's client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eventing.telemetry.spans import SPANS, Kind, nanoseconds
from outbox_relay.address_book import AddressBook
from outbox_relay.ports import Outgoing, Row


class TracedAddressBook(AddressBook):
    def messages(self, rows: Sequence[Row]) -> Iterator[Outgoing]:
        for row, outgoing in zip(rows, super().messages(rows), strict=True):
            yield outgoing
            position, stream, _, _, kind, _, _, _, _, trace, at, _ = row
            SPANS.note(f"publish {kind}", trace, nanoseconds(at), Kind.PRODUCER, stream=stream, position=position)
