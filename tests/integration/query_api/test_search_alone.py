"""Search says how old it is from its own marks: no other model has to run for that."""

from __future__ import annotations

import pytest

from tests.support.queries.platform import QueryPlatform, Writer, ids, query_api
from tests.support.read_models.process import ProjectorProcess

pytestmark = pytest.mark.usefixtures("relay")


async def test_a_bound_on_staleness_is_kept_where_search_runs_alone(platform: QueryPlatform, writer: Writer) -> None:
    order_id, token = await writer.place("nina")
    with ProjectorProcess(platform.environment(), "order_search"):
        async with query_api(platform) as api:
            nina = api.as_("nina")
            shown = await nina.get("/v1/orders", seen=token)
            bounded = await nina.get("/v1/orders", prefer="max-staleness=20")

    assert ids(shown.json()["orders"]) == [order_id]
    assert bounded.status_code == 200, bounded.text
    assert float(bounded.headers["read-staleness"]) <= 20
