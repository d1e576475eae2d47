"""A document that the store refuses concerns its own key alone: a rebuild brings back all others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from event_schemas.order.confirmed import OrderConfirmed
from event_schemas.payment.refunded import PaymentRefunded
from projections.stores.elasticsearch_connecting import ask, connect
from tests.integration.projections.conftest import StartProjector
from tests.integration.projections.test_rebuild import lose
from tests.integration.projections.test_troubles import SEARCH, placed_orders
from tests.support.read_models.history import keep_and_publish, orders
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import Platform
from tests.support.read_models.story import BEGAN, Told
from tests.support.waiting import until

COUNT = 250
HALF = 2**62
"""An amount that no `long` can hold twice."""


def test_a_deleted_index_is_rebuilt_though_some_of_its_documents_are_refused(
    platform: Platform, start_projector: StartProjector
) -> None:
    log = placed_orders(COUNT, poison=120)
    swollen, overpaid = log[120].key, log[30].key
    log += [
        Told(OrderConfirmed(order_id=swollen), f"order-{swollen}", 2, COUNT + 1, BEGAN),
        Told(refund(overpaid), f"payment-{overpaid}", 1, COUNT + 2, BEGAN),
        Told(refund(overpaid), f"payment-{overpaid}", 2, COUNT + 3, BEGAN),
        Told(OrderConfirmed(order_id=overpaid), f"order-{overpaid}", 2, COUNT + 4, BEGAN),
    ]
    keep_and_publish(platform, log)
    start_projector(platform, SEARCH.name)
    until(partial(platform.has_applied, SEARCH, log), "the projector is level")
    lose(platform, SEARCH)

    status, out, said = orders(platform, "projections", "rebuild", SEARCH.name, "--json")

    assert status == 0, said
    assert json.loads(out)["parked"] == 4
    taken = [told for told in log if told.key != swollen and told.position < COUNT + 3]
    assert platform.shown(SEARCH) == expected(taken)[SEARCH.name]
    assert waiting(platform, swollen) == [(121, "refused_document"), (COUNT + 1, "queued_behind")]
    assert waiting(platform, overpaid) == [(COUNT + 3, "refused_document"), (COUNT + 4, "queued_behind")]
    status, out, said = orders(platform, "projections", "verify", SEARCH.name, "--json")
    assert (status, json.loads(out)["findings"], json.loads(out)["left_out"]) == (0, [], 2), said

    allow_more_lines(platform)
    assert platform.orders("parked", "retry", "--key", swollen, "--reason", "the limit is raised", "--quiet")[0] == 0
    until(lambda: not waiting(platform, swollen), "nothing of it is parked any more")
    taken = [told for told in log if told.key == swollen or told.position < COUNT + 3]
    assert platform.shown(SEARCH) == expected(sorted(taken, key=lambda told: told.position))[SEARCH.name]


def refund(order_id: str) -> PaymentRefunded:
    return PaymentRefunded(order_id=order_id, amount=HALF, currency="EUR", provider_reference="re")


def waiting(platform: Platform, key: str) -> Sequence[tuple[int, str]]:
    """What is parked of it for the live build."""
    build = platform.build(SEARCH.name)
    assert build is not None
    return platform.query(
        "SELECT position, cause_code FROM parked_events WHERE consumer = %s AND key = %s ORDER BY kafka_offset",
        build.consumer,
        key,
    )


def allow_more_lines(platform: Platform) -> None:
    build = platform.build(SEARCH.name)
    assert build is not None
    client = connect(platform.settings.elasticsearch)
    index = f"{platform.prefix}-{SEARCH.name}-{build.tag}"
    ask(client, "PUT", f"/{index}/_settings", {"index.mapping.nested_objects.limit": 20_000})
    client.close()
