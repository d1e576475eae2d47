"""What comes of several causes goes into one stream in one transaction, each in circumstances of its own."""

from __future__ import annotations

from uuid import UUID, uuid4

import event_schemas
from event_schemas.payment.declined import PaymentDeclined
from eventing.avro.codec import Codec
from eventing.catalogue import Catalogue
from eventing.envelope import Circumstances, NewEvent
from eventing.event_store import Append, StreamWrite
from eventing.postgres.batch import Preparation, Prepared, Write

PREPARE = Preparation(Codec(Catalogue.discover(event_schemas)))


def prepared(expected: int, *, events: int = 1, checks: tuple[StreamWrite, ...] = ()) -> Prepared:
    new = [NewEvent(uuid4(), PaymentDeclined(order_id="7", reason="no")) for _ in range(events)]
    circumstances = Circumstances(uuid4(), "payment", UUID(int=expected + 1))
    return PREPARE(Append([StreamWrite("payment-7", expected, new), *checks], circumstances))


def test_one_that_goes_on_where_another_ends_becomes_one_with_it() -> None:
    first, second = prepared(2, events=2), prepared(4, checks=(StreamWrite("order-7", 1),))
    ids = [*first.event_ids, *second.event_ids]
    columns = [a + b for a, b in zip(first.columns, second.columns, strict=True)]

    assert first.followed_by(second)

    assert first.writes == (Write("payment-7", 2, 3), Write("order-7", 1, 0))
    assert (first.events, first.event_ids, list(first.columns)) == (3, ids, columns)
    assert first.streams == ["payment-7", "order-7"]


def test_one_that_believes_in_another_version_stays_apart() -> None:
    first = prepared(2, events=2)

    assert not first.followed_by(prepared(3))
    assert not prepared(0, checks=(StreamWrite("order-7", 1),)).followed_by(
        prepared(1, checks=(StreamWrite("order-7", 2),))
    )
