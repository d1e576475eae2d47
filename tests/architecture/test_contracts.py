"""Imports flow one way. Each contract is broken once on purpose, so that none of them holds by accident."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.architecture.planting import ROOT, Copy, linter_settings, packages

PLANTED = [
    # a service that asks another one
    ("layers", "outbox_relay/planted.py", "import command_service"),
    ("layers", "command_service/planted.py", "import outbox_relay"),
    # the mechanism learns what an order is
    ("layers", "eventing/planted.py", "import event_schemas.order.placed"),
    # a service that needs the command line, or that starts servers
    ("layers", "command_service/planted.py", "import operations.resolve"),
    ("layers", "outbox_relay/planted.py", "import local_stack.state"),
    ("relay-knows-no-event", "outbox_relay/planted.py", "import event_schemas.order.placed"),
    # … and not by a detour through the mechanism either
    ("relay-knows-no-event", "outbox_relay/planted.py", "import eventing.avro.codec"),
    ("language-needs-schema-only", "event_schemas/order/placed.py", "import eventing.envelope"),
    # a decision that asks a driver, directly, indirectly, or knows the web
    ("pure-decisions", "command_service/aggregates/order.py", "import psycopg"),
    ("pure-decisions", "event_schemas/values.py", "import redis"),
    ("pure-decisions", "eventing/decider.py", "import eventing.settings"),
    ("pure-decisions", "command_service/aggregates/stock.py", "from fastapi import Request"),
    ("independent-aggregates", "command_service/aggregates/order.py", "import command_service.aggregates.stock"),
    (
        "independent-participants",
        "saga_choreography/participants/payment.py",
        "import saga_choreography.participants.order",
    ),
    ("pure-decisions", "saga_choreography/participants/inventory.py", "import psycopg"),
    # … nor by what participants share
    ("pure-decisions", "saga_choreography/terms.py", "import eventing.settings"),
    (
        "independent-read-models",
        "projections/read_models/sales_by_day.py",
        "import projections.read_models.order_search",
    ),
    # a fold that asks its store, directly or by what it imports
    ("pure-decisions", "projections/read_models/order_summary.py", "import redis"),
    ("pure-decisions", "projections/read_model.py", "import projections.stores.redis"),
    ("drivers-in-adapters", "projections/projector.py", "import elasticsearch"),
    ("adapters-in-wiring", "projections/projector.py", "import projections.stores.redis"),
    ("drivers-in-adapters", "command_service/handling.py", "import psycopg"),
    ("drivers-in-adapters", "eventing/loading_planted.py", "import confluent_kafka"),
    ("adapters-in-wiring", "command_service/handling.py", "import eventing.postgres"),
    # a saga that knows by which way the outside world is asked
    ("adapters-in-wiring", "saga_choreography/outside.py", "import saga_choreography.gateways.payments"),
    ("no-cycles", "eventing/errors.py", "import eventing.envelope, eventing.settings"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("planted"))


@pytest.fixture
def planted(copy: Copy, request: pytest.FixtureRequest) -> Iterator[Copy]:
    file, line = request.param
    copy.plant(file, line)
    yield copy
    copy.restore(file)


def test_all_contracts_are_kept(copy: Copy) -> None:
    answer = copy.lint()

    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("contract", "planted"),
    [(contract, (file, line)) for contract, file, line in PLANTED],
    indirect=["planted"],
    ids=[f"{contract}: {line}" for contract, _, line in PLANTED],
)
def test_a_planted_violation_breaks_the_contract(contract: str, planted: Copy) -> None:
    answer = planted.lint(contract)

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "0 kept, 1 broken" in answer.stdout


def test_every_contract_has_a_violation_planted() -> None:
    assert {contract["id"] for contract in linter_settings()["contracts"]} == {contract for contract, _, _ in PLANTED}


def test_every_package_stands_under_the_contracts() -> None:
    outside = {"tests", "benchmarks"}
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - outside

    assert found == set(packages())
