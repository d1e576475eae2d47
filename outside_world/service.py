"""The HTTP face of a trade: its operations, looking things up by key, the ledger, and the switches for faults."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from outside_world.answers import after_effect, not_so, plain, without_effect
from outside_world.faults import WITHOUT_EFFECT, Fault, Faults, Plan, Rule
from outside_world.ledger import Ledger
from outside_world.trade import NotSo, Operation, Question, Trade, take_effect

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
After = Annotated[int, Query(ge=0)]
FIND: Final = "find"


def make_app(trade: Trade, ledger: Ledger, *, api_key: str | None = None) -> FastAPI:
    faults = Faults()
    app = FastAPI(title=f"Outside world: {trade.name}", dependencies=[Depends(_guard(api_key))])
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(NotSo, _not_so)
    for operation in trade.operations:
        counter = Counter(operation, ledger, faults)
        app.add_api_route(f"/v1/{operation.plural}", counter.desk(), methods=["POST"], name=operation.name)
        app.add_api_route(
            f"/v1/{operation.plural}/by-key/{{key}}", counter.find, methods=["GET"], name=f"find_{operation.name}"
        )
    _add_switches(app, faults)
    _add_books(app, ledger)
    return app


class Counter:
    """Where one operation is asked for."""

    def __init__(self, operation: Operation, ledger: Ledger, faults: Faults) -> None:
        self._operation = operation
        self._ledger = ledger
        self._faults = faults

    def desk(self) -> Callable[..., Awaitable[Response]]:
        """An endpoint whose body is this operation's question."""

        async def ask(request: Request, key: Key, question: Question) -> Response:
            return await self._ask(request, key, question)

        ask.__annotations__["question"] = self._operation.question
        return ask

    async def find(self, request: Request, key: str) -> Response:
        rule = self._note(FIND, key, {})
        if rule is not None and rule.fault in WITHOUT_EFFECT:
            return without_effect(rule, request)
        if rule is not None and rule.fault is Fault.LATE:
            await asyncio.sleep(rule.ms / 1000)
        found = self._ledger.under_key(self._operation.name, key)
        if found is None:
            return not_so(NotSo(404, "not_found", f"There is no {self._operation.name} with this key."), key)
        return await _answered(rule, 200, found.answer)

    async def _ask(self, request: Request, key: str, question: Question) -> Response:
        name = self._operation.name
        asked = question.model_dump()
        attempt = self._ledger.calls_so_far(name, key) + 1
        rule = self._faults.choose(name, key, attempt, asked)
        if rule is None or rule.fault not in WITHOUT_EFFECT | {Fault.LATE}:
            with self._ledger.transaction():
                self._ledger.note_call(name, key, attempt, None if rule is None else rule.fault)
                effect = self._take_effect(key, question, rule)
            return await _answered(rule, 201, effect)
        self._ledger.note_call(name, key, attempt, rule.fault)
        if rule.fault is not Fault.LATE:
            return without_effect(rule, request)
        # The caller may have left by then. That does not stop it.
        await asyncio.sleep(rule.ms / 1000)
        with self._ledger.transaction():
            effect = self._take_effect(key, question, rule)
        return plain(201, effect)

    def _take_effect(self, key: str, question: Question, rule: Rule | None) -> dict[str, Any]:
        declined_as = rule.code if rule is not None and rule.fault is Fault.DECLINE else None
        return take_effect(self._ledger, self._operation, key, question, declined_as).answer

    def _note(self, name: str, key: str, asked: dict[str, Any]) -> Rule | None:
        attempt = self._ledger.calls_so_far(name, key) + 1
        rule = self._faults.choose(name, key, attempt, asked)
        self._ledger.note_call(name, key, attempt, None if rule is None else rule.fault)
        return rule


async def _answered(rule: Rule | None, status: int, answer: dict[str, Any]) -> Response:
    return plain(status, answer) if rule is None else await after_effect(rule, status, answer)


def _add_switches(app: FastAPI, faults: Faults) -> None:
    async def show() -> dict[str, Any]:
        return {**faults.plan.model_dump(mode="json", exclude_defaults=True), "enacted": faults.enacted}

    async def change(plan: Plan) -> dict[str, Any]:
        faults.set(plan)
        return await show()

    async def clear() -> dict[str, Any]:
        faults.set(Plan())
        return await show()

    app.add_api_route("/faults", show, methods=["GET"])
    app.add_api_route("/faults", change, methods=["PUT"])
    app.add_api_route("/faults", clear, methods=["DELETE"])


def _add_books(app: FastAPI, ledger: Ledger) -> None:
    async def effects(after: After = 0) -> dict[str, Any]:
        return {"effects": ledger.rows("effects", after), "totals": ledger.totals()}

    async def calls(after: After = 0) -> dict[str, Any]:
        return {"calls": ledger.rows("calls", after)}

    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    async def elsewhere() -> dict[str, str]:
        return {"status": "captured", "note": "Whoever follows a redirect with a payment in hand ends up here."}

    app.add_api_route("/ledger", effects, methods=["GET"])
    app.add_api_route("/calls", calls, methods=["GET"])
    app.add_api_route("/livez", alive, methods=["GET"])
    app.add_api_route("/readyz", alive, methods=["GET"])
    app.add_api_route("/elsewhere", elsewhere, methods=["GET", "POST"], name="elsewhere")


def _guard(api_key: str | None) -> Callable[..., Awaitable[None]]:
    async def check(authorization: Annotated[str, Header()] = "") -> None:
        if api_key is not None and not hmac.compare_digest(authorization.encode(), f"Bearer {api_key}".encode()):
            raise HTTPException(401, "This API key is not known.")

    return check


async def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[0]
    return not_so(NotSo(400, "malformed", f"{'.'.join(map(str, found['loc']))}: {found['msg']}."))


async def _not_so(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSo)
    return not_so(error, request.headers.get("Idempotency-Key"))
