"""What a projector remembers of a document from before it was repaired does not bring back what was wrong."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import pytest

from event_schemas.order.delivery_address_changed import OrderDeliveryAddressChanged
from event_schemas.values import Address
from projections.generations import GONE_SECONDS
from projections.ports import Stored
from projections.read_model import ReadModel
from projections.rebuilding.repairing import repair
from projections.rebuilding.wiring import verification, workplace
from projections.replay_ports import Mending
from tests.integration.projections.conftest import StartProjector
from tests.integration.projections.test_verify import BOTH, verified
from tests.support.read_models.history import keep_and_publish, rebuilt, settings_of
from tests.support.read_models.independent import expected
from tests.support.read_models.level import demand_fold
from tests.support.read_models.load import load
from tests.support.read_models.many import confirmed, placed
from tests.support.read_models.platform import Platform
from tests.support.read_models.said import silent_for
from tests.support.read_models.story import Told
from tests.support.read_models.tampering import cheapen
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

ORDERS = 2_000
PLACED = list(placed(ORDERS))
WRONG = PLACED[99]
OTHERS = [told for told in PLACED if told is not WRONG]


def position(platform: Platform, model: ReadModel) -> int:
    return int(platform.shown(model).documents[WRONG.key][0])


def moved_house(number: int, position: int) -> Told:
    """What happens to the order of which the document is wrong."""
    address = Address(recipient="Ada", street=f"{number} Way", postal_code="10115", city="Berlin", country="DE")
    event = OrderDeliveryAddressChanged(order_id=WRONG.key, address=address)
    return replace(WRONG, event=event, version=1 + number, position=position)


FIRST = moved_house(1, ORDERS + 1)
MEANWHILE = list(confirmed(OTHERS, FIRST.position + 1))
NEXT = moved_house(2, MEANWHILE[-1].position + 1)


def remember_what_is_wrong(
    platform: Platform, model: ReadModel, projector: StartProjector, mutant: str, **settings: str
) -> None:
    keep_and_publish(platform, PLACED)
    rebuilt(platform, model)
    cheapen(platform, model, WRONG.key)
    projector(platform, model.name, mutant=mutant, **settings)
    keep_and_publish(platform, [FIRST])
    until(lambda: platform.has_applied(model, [*PLACED, FIRST]), "the projector has read, folded and written it")


@BOTH
@pytest.mark.parametrize("mutant", ["none", "says_that_it_has_forgotten"])
def test_what_was_repaired_stays_repaired_while_writes_go_on(
    platform: Platform, model: ReadModel, start_projector: StartProjector, mutant: str
) -> None:
    remember_what_is_wrong(platform, model, start_projector, mutant)

    with load(partial(keep_and_publish, platform), MEANWHILE, batch=20, pause=0.1) as coming:
        until(lambda: coming.told, "events come in")
        told = coming.told
        verdict, repaired = verified(platform, model, mend=True)
        assert coming.told > told, "events came in meanwhile"
        assert not coming.has_ended, "and until the end"

    assert [(one.kind, one.id) for one in verdict.findings] == [("different", WRONG.key)]
    assert repaired is not None
    assert (repaired.repaired, repaired.left, repaired.remembering) == ([WRONG.key], [], [])
    keep_and_publish(platform, [*MEANWHILE[coming.told :], NEXT])
    log = [*PLACED, FIRST, *MEANWHILE, NEXT]
    if mutant == "none":
        demand_fold(platform, log, model.name)
    else:
        until(lambda: platform.has_applied(model, log), "the projector is level")
        assert platform.shown(model).documents[WRONG.key] != expected(log)[model.name].documents[WRONG.key]


class WithAnEventBehind:
    """Mends, and the next event of the order is folded before projectors can hear of it."""

    def __init__(self, mending: Mending, platform: Platform, model: ReadModel) -> None:
        self._mending = mending
        self._platform = platform
        self._model = model
        self.times = 0

    def mend(self, document_id: str, found: Stored | None, wanted: Stored) -> bool:
        is_mended = self._mending.mend(document_id, found, wanted)
        self.times += is_mended
        if self.times == 1:
            keep_and_publish(self._platform, [NEXT])
            log = [*PLACED, FIRST, *MEANWHILE, NEXT]
            until(lambda: self._platform.has_applied(self._model, log), "it is written upon what was remembered")
        return is_mended


@BOTH
def test_what_is_written_from_memory_right_behind_a_repair_is_repaired_as_well(
    platform: Platform, model: ReadModel, start_projector: StartProjector
) -> None:
    remember_what_is_wrong(platform, model, start_projector, "none")
    keep_and_publish(platform, MEANWHILE)
    until(lambda: platform.has_applied(model, [*PLACED, FIRST, *MEANWHILE]), "the projector is level")

    with (
        workplace(settings_of(platform), model) as place,
        verification(settings_of(platform), model, place.outside) as (verifying, mending),
    ):
        behind = WithAnEventBehind(mending, platform, model)
        repaired = repair(place.outside, verifying, behind, verifying.run().findings)

    assert behind.times == 2
    assert (repaired.repaired, repaired.left, repaired.remembering) == ([WRONG.key], [], [])
    last = moved_house(3, NEXT.position + 1)
    keep_and_publish(platform, [last])
    demand_fold(platform, [*PLACED, FIRST, *MEANWHILE, NEXT, last], model.name)


@BOTH
@pytest.mark.parametrize("mutant", ["none", "never_out_of_touch"])
def test_a_repair_that_did_not_wait_for_a_projector_without_postgres_lasts_as_well(
    platform: Platform, model: ReadModel, start_projector: StartProjector, mutant: str
) -> None:
    address = urlsplit(platform.postgres_url)
    with TcpProxy(address.hostname or "", address.port or 0) as proxy:
        login = address.netloc.rpartition("@")[0]
        behind = address._replace(netloc=f"{login}@{proxy.host}:{proxy.port}").geturl()
        remember_what_is_wrong(platform, model, start_projector, mutant, POSTGRES__URL=behind)
        proxy.refuse()
        proxy.cut()
        until(lambda: silent_for(platform, model.name) > GONE_SECONDS, "it is taken for gone")

        _, repaired = verified(platform, model, mend=True)
        assert repaired is not None
        assert (repaired.repaired, repaired.left, repaired.remembering) == ([WRONG.key], [], [])
        second = moved_house(2, FIRST.position + 1)
        keep_and_publish(platform, [second])
        until(lambda: position(platform, model) == second.position, "it is written without Postgres")
        proxy.accept()

        log = [*PLACED, FIRST, second]
        if mutant == "none":
            demand_fold(platform, log, model.name)
        else:
            until(lambda: platform.has_applied(model, log), "the projector is level")
            assert platform.shown(model).documents[WRONG.key] != expected(log)[model.name].documents[WRONG.key]
