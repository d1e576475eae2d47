"""From a request to what is asked, and from a reply to a response."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel
from starlette.responses import Response

from command_service import preconditions
from command_service.handling import Asked
from command_service.idempotency import HEADER, IdempotencyKey, fingerprint, parse_key
from command_service.preconditions import IfMatch
from command_service.replies import Reply
from eventing.errors import Refusal
from eventing.web.call import Call
from eventing.web.refusals import EdgeRefusal

_KEY: Final = HEADER.lower().encode()


def to_create(call: Call, operation: str, body: BaseModel) -> Asked:
    """A key is needed: who can't tell whether it took effect must be able to ask again."""
    return _asked(call, _required(_key(call, operation, None, body)), None)


def to_change(call: Call, operation: str, body: BaseModel, *, key_required: bool) -> Asked:
    """The version that the caller has seen is needed: nothing that was not looked at is changed."""
    if_match = preconditions.required(_if_match(call))
    key = _key(call, operation, if_match, body)
    return _asked(call, _required(key) if key_required else key, if_match)


def to_add(call: Call, operation: str, body: BaseModel) -> Asked:
    """What adds up in any order needs a key; a version is taken only if one was sent."""
    if_match = _if_match(call)
    return _asked(call, _required(_key(call, operation, if_match, body)), if_match)


def response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers)


def _asked(call: Call, key: IdempotencyKey | None, if_match: IfMatch | None) -> Asked:
    def refuse(refusal: Refusal) -> Reply:
        problem = call.problem(refusal)
        headers = {name: value for name, value in problem.headers.items() if name != "content-length"}
        return Reply(problem.status_code, headers, bytes(problem.body))

    return Asked(call.caller, call.circumstances(), refuse, if_match, key)


def _key(call: Call, operation: str, if_match: IfMatch | None, body: BaseModel) -> IdempotencyKey | None:
    key = parse_key(_sent(call, _KEY))
    if key is None:
        return None
    method, path = call.scope["method"], call.scope["path"]
    digest = fingerprint(method, path, if_match.text if if_match else None, body)
    return IdempotencyKey(f"{call.caller.subject} {operation}", key, digest)


def _required(key: IdempotencyKey | None) -> IdempotencyKey:
    if key is None:
        raise EdgeRefusal(
            f"Send {HEADER} with a name of your own for this intention, such as a UUID.", code="idempotency_key_missing"
        )
    return key


def _if_match(call: Call) -> IfMatch | None:
    sent = _sent(call, b"if-match")
    return preconditions.parse_if_match(b", ".join(sent).decode("latin-1")) if sent else None


def _sent(call: Call, header: bytes) -> list[bytes]:
    """As it came, in lower case as servers give it: making an object of all headers costs more than looking."""
    return [value for name, value in call.scope["headers"] if name == header]
