"""Partitions that come and go while a store is away: whoever has put some to sleep wakes all of them."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import pytest

from projections.wiring import read_models
from tests.integration.projections.conftest import StartProjector
from tests.support.read_models.independent import expected
from tests.support.read_models.platform import PARTITIONS, Platform
from tests.support.read_models.said import partitions_of, state
from tests.support.read_models.story import Told, tell
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

SEARCH = next(model for model in read_models() if model.name == "order_search")


def wander(platform: Platform, start_projector: StartProjector, proxy: TcpProxy, log: list[Told], mutant: str) -> None:
    """Given a projector that is paused, when half of its partitions go to another one, and come back."""
    address = urlsplit(platform.elasticsearch_url)
    behind = address._replace(netloc=f"{proxy.host}:{proxy.port}").geturl()
    half = len(log) // 2
    platform.publish(log[:half])
    stays = start_projector(platform, SEARCH.name, mutant=mutant, ELASTICSEARCH__URL=behind)
    until(partial(platform.has_applied, SEARCH, log[:half]), "it is level")

    proxy.refuse()
    proxy.cut()
    platform.publish(log[half:])
    until(lambda: state(platform, SEARCH.name) == "paused", "it is paused")
    guest = start_projector(platform, SEARCH.name)
    until(lambda: 0 < partitions_of(guest, SEARCH.name) < PARTITIONS, "the other one has some")
    assert guest.end() == 0
    until(lambda: partitions_of(stays, SEARCH.name) == PARTITIONS, "all have come back")
    proxy.accept()


def test_all_go_on_when_the_store_is_back(platform: Platform, start_projector: StartProjector) -> None:
    log = list(tell(51, orders=60))
    address = urlsplit(platform.elasticsearch_url)
    with TcpProxy(address.hostname or "", address.port or 0) as proxy:
        wander(platform, start_projector, proxy, log, "none")

        until(partial(platform.has_applied, SEARCH, log), "it comes after")
    assert platform.shown(SEARCH) == expected(log)[SEARCH.name]


def test_one_that_forgets_whom_it_has_paused_leaves_some_asleep(
    platform: Platform, start_projector: StartProjector
) -> None:
    """The mutant: the test above can fail."""
    log = list(tell(51, orders=60))
    address = urlsplit(platform.elasticsearch_url)
    with TcpProxy(address.hostname or "", address.port or 0) as proxy:
        wander(platform, start_projector, proxy, log, "forgets_whom_it_paused")

        until(lambda: state(platform, SEARCH.name) == "running", "it believes that all is well")
        with pytest.raises(AssertionError):
            until(partial(platform.has_applied, SEARCH, log), "it comes after", 8)
