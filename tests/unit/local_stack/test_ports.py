from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from eventing.errors import Misconfigured
from local_stack import ports
from local_stack.options import PORT_NAMES


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_ports_are_chosen_free_and_different() -> None:
    chosen = ports.choose({}, {}, {})

    assert set(chosen) == set(PORT_NAMES)
    assert len(set(chosen.values())) == len(PORT_NAMES)
    assert all(ports.is_free(port) for port in chosen.values())


def test_ports_stay_from_one_start_to_the_next() -> None:
    before = ports.choose({}, {}, {})

    assert ports.choose({}, before, {}) == before


def test_a_port_that_somebody_took_meanwhile_is_replaced(taken: int) -> None:
    before = ports.choose({}, {}, {}) | {"redis": taken}

    after = ports.choose({}, before, {})

    assert after["redis"] != taken
    assert after | {"redis": taken} == before


def test_a_running_server_keeps_its_port(taken: int) -> None:
    assert ports.choose({}, {}, {"redis": taken})["redis"] == taken


def test_a_taken_fixed_port_is_named_with_who_has_it_and_the_setting(taken: int) -> None:
    with pytest.raises(Misconfigured) as refused:
        ports.choose({"kafka": taken}, {}, {})

    assert f"port {taken} for kafka is taken" in str(refused.value)
    assert f"process {os.getpid()}" in str(refused.value)
    assert "ORDERS_STACK_PORTS__KAFKA" in str(refused.value)


def test_a_fixed_port_that_came_after_the_start_asks_for_a_restart(taken: int) -> None:
    with pytest.raises(Misconfigured, match="`orders stack down` first"):
        ports.choose({"kafka": 19092}, {}, {"kafka": taken})
