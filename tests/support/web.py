"""A little service behind the real edge: it keeps notes. `python -m tests.support.web` serves it as a process.

Each note that is accepted is written to the ledger before it is answered, so that a test can compare the two.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.responses import Response

from eventing.errors import Misconfigured, Refusal, Unavailable
from eventing.telemetry.logs import configure_logging
from eventing.web.application import Application, Edge, build_application
from eventing.web.auth import Authenticator, Role
from eventing.web.body import strict_reader
from eventing.web.call import Call
from eventing.web.common_problems import COMMON
from eventing.web.door import Door
from eventing.web.health import Check, Health, Place
from eventing.web.key_sources import keys_in_file
from eventing.web.keys import KeyRing
from eventing.web.load import LoadShedder
from eventing.web.local_issuer import LocalIssuer
from eventing.web.metrics import HttpMetrics
from eventing.web.operation import PUBLIC, Answer, Operation, Parameter
from eventing.web.problems import ProblemKind, Problems
from eventing.web.rate_limit import RateLimiter
from eventing.web.server import serve

ISSUER, AUDIENCE = "https://issuer.test", "notes"
MILK = {"text": "Buy milk", "copies": 1, "tags": []}
DRAIN_SECONDS = 120.0
CUSTOMER = frozenset({Role.CUSTOMER})


class Note(BaseModel):
    text: str = Field(max_length=100, description="What to remember.")
    copies: int = Field(ge=1, le=1000)
    tags: list[Annotated[str, Field(max_length=20)]] = Field(max_length=3000)


_read_note = strict_reader(Note)


class Notes:
    """The service. `told` is what the handler found out about its caller."""

    def __init__(self, ledger: Path | None = None) -> None:
        self.told: list[Call] = []
        self._ledger = ledger

    async def take_note(self, call: Call) -> Response:
        note = await call.read(_read_note)
        self.told.append(call)
        match note.text:
            case "fault":
                raise RuntimeError("the password is hunter2")
            case "refuse":
                raise Refusal("This note is already there.", code="note_exists", note="milk")
            case "unknown":
                raise Refusal("Nobody has a row for this.", code="unheard_of")
            case "unavailable":
                raise Unavailable("The shelf does not answer.", retry_after=7)
            case "misconfigured":
                raise Misconfigured("The shelf at postgresql://bob:hunter2@shelf is wrong.")
        if self._ledger is not None:
            with self._ledger.open("a") as file:
                file.write(note.text + "\n")
            await asyncio.sleep(0.02)  # it is done, and the answer is still on its way
        return Response(b'{"ok":true}', 201, {"location": "/v1/notes/1"}, "application/json")

    async def see_note(self, call: Call) -> Response:
        return Response(b'{"ok":true}', media_type="application/json")

    async def greet(self, call: Call) -> Response:
        return Response(b'{"ok":true}', media_type="application/json")

    def operations(self) -> tuple[Operation, ...]:
        ok = {"ok": True}
        return (
            Operation(
                "POST",
                "/v1/notes",
                self.take_note,
                CUSTOMER,
                "Take a note",
                [Answer(201, "It is kept.", example=ok, headers={"location": "Where it is."})],
                problems=["note_exists"],
                body=Note,
                body_examples={"milk": MILK},
            ),
            Operation(
                "GET",
                "/v1/notes/{note_id}",
                self.see_note,
                CUSTOMER,
                "See a note",
                [Answer(200, "The note.", example=ok)],
                parameters=[Parameter("note_id", "path", "Which one.", {"type": "string"}, "1")],
            ),
            Operation("GET", "/v1/greeting", self.greet, PUBLIC, "Be greeted", [Answer(200, "Hello.", example=ok)]),
        )


NOTE_EXISTS = ProblemKind("note_exists", 409, "The note is there", cause="It was taken before.", fix="Take another.")


def edge_of(
    keys: KeyRing,
    *,
    limiter: RateLimiter | None = None,
    shedder: LoadShedder | None = None,
    checks: Sequence[Check] = (),
) -> Edge:
    return Edge(
        problems=Problems(*COMMON, NOTE_EXISTS),
        authenticator=Authenticator(keys, issuer=ISSUER, audience=AUDIENCE),
        limiter=limiter,
        shedder=shedder or LoadShedder(),
        health=Health(Place("notes", region="north", zone="a"), checks),
        metrics=HttpMetrics(),
    )


def application(edge: Edge, notes: Notes | None = None) -> Application:
    app = build_application("Notes", "1", (notes or Notes()).operations(), edge, description="Takes `notes`.")
    _add_routes_of_fastapi(app)
    return app


def _add_routes_of_fastapi(app: FastAPI) -> None:
    """A service may have routes of plain FastAPI beside its operations."""

    @app.get("/plain/{number}")
    async def plain(number: int, size: int = 1) -> dict[str, int]:
        if number == 13:
            raise RuntimeError("the password is hunter2")
        return {"number": number * size}


def client_of(app: Application, token: str | None = None) -> httpx.AsyncClient:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://notes.test", headers=headers)


def local_issuer(folder: Path, **changed: Any) -> LocalIssuer:
    return LocalIssuer(folder / "issuer.json", **{"issuer": ISSUER, "audience": AUDIENCE, **changed})


def keys_of(folder: Path) -> KeyRing:
    return KeyRing(keys_in_file(folder / "issuer.json"))


def main(ledger: Path, connections: str, notice_seconds: str) -> None:
    configure_logging(service="notes")
    app = application(edge_of(keys_of(ledger.parent)), Notes(ledger))
    door = Door(
        "127.0.0.1",
        0,
        "ORDERS_NOTES__PORT",
        connection_limit=int(connections),
        notice_seconds=float(notice_seconds),
        drain_seconds=DRAIN_SECONDS,
    )
    serve(app, door, announce=lambda address: print(address, flush=True))  # noqa: T201 - how the test learns of it


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
