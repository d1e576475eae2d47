"""A write API that can't do its work says so in one sentence and ends; nobody is left guessing."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import httpx
import psycopg
import pytest

from eventing.web.auth import Role
from tests.support.write_api import order
from tests.support.write_api_process import ApiProcess, Surroundings, write_api


async def refusal_to_start(surroundings: Surroundings, **given: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "command_service",
        env=surroundings.environment(given),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, said) == (2, b"")
    return complained.decode()


async def test_a_database_that_was_not_upgraded(surroundings: Surroundings, superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE DATABASE never_upgraded")
    empty = replace(surroundings, database_url=surroundings.database_url.rpartition("/")[0] + "/never_upgraded")
    try:
        assert "orders db upgrade" in one_sentence(await refusal_to_start(empty))
    finally:
        superuser.execute("DROP DATABASE never_upgraded WITH (FORCE)")


async def test_a_database_that_is_away(surroundings: Surroundings) -> None:
    away = replace(surroundings, database_url="postgresql://nobody@127.0.0.1:1/nothing")

    assert "Postgres can't be reached" in one_sentence(await refusal_to_start(away))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"ORDERS_CRASH_POINT": "commands.committed:1", "ORDERS_ENVIRONMENT": "development"},
            "ORDERS_ENVIRONMENT=test",
        ),
        ({"ORDERS_CRASH_POINT": "nowhere:1"}, "not name:pass"),
        ({"ORDERS_COMAND_API__PORT": "1"}, "ORDERS_COMMAND_API__PORT"),
    ],
)
async def test_settings_that_can_t_be(surroundings: Surroundings, given: dict[str, str], says: str) -> None:
    assert says in one_sentence(await refusal_to_start(surroundings, **given))


async def test_a_port_that_is_taken(api: ApiProcess, surroundings: Surroundings) -> None:
    port = api.address.rpartition(":")[2]

    assert "ORDERS_COMMAND_API__PORT" in one_sentence(
        await refusal_to_start(surroundings, ORDERS_COMMAND_API__PORT=port)
    )


async def test_commands_are_turned_away_while_too_many_wait_to_be_written(
    surroundings: Surroundings, superuser: psycopg.Connection
) -> None:
    async with write_api(surroundings, ORDERS_LOAD__QUEUE_LIMIT="5") as small:
        customer = small.as_("queueing", Role.CUSTOMER)
        await customer.post("/v1/orders", order())
        waiting: set[asyncio.Future[httpx.Response]] = set()
        answered: set[asyncio.Future[httpx.Response]] = set()
        with superuser.transaction():
            superuser.execute("SELECT lock_log()")
            while not answered and len(waiting) < 20:
                waiting.add(asyncio.ensure_future(customer.post("/v1/orders", order())))
                answered, waiting = await asyncio.wait(waiting, timeout=0.1)
            if not answered:
                answered, waiting = await asyncio.wait(waiting, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        turned_away = [task.result() for task in answered]
        accepted = await asyncio.gather(*waiting)

    assert {answer.json()["reason"] for answer in turned_away} == {"append_queue"}
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in turned_away} == {(503, "1")}
    assert len(accepted) > 1
    assert {answer.status_code for answer in accepted} == {201}


async def test_commands_are_turned_away_while_the_relay_lags_and_their_keys_stay_free(
    api: ApiProcess, surroundings: Surroundings
) -> None:
    """No relay runs here, so whatever was appended lies unpublished."""
    assert (await api.as_("patient", Role.CUSTOMER).post("/v1/orders", order())).status_code == 201
    async with write_api(surroundings, ORDERS_LOAD__RELAY_LAG_EVENTS="1") as strict:
        turned_away = await strict.as_("patient", Role.CUSTOMER).post("/v1/orders", order(), key="k")

    assert (turned_away.status_code, turned_away.json()["code"]) == (503, "overloaded")
    assert int(turned_away.headers["retry-after"]) >= 1
    later = await api.as_("patient", Role.CUSTOMER).post("/v1/orders", order(), key="k")
    assert later.status_code == 201
    assert "idempotency-replayed" not in later.headers


def one_sentence(complaint: str) -> str:
    lines = complaint.strip().splitlines()
    assert len(lines) == 1, complaint
    assert lines[0].startswith("orders: ")
    return lines[0]
