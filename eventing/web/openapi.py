"""The OpenAPI 3.1 document, written from the operations: an example for every status, nothing that is not served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from eventing.web.operation import PUBLIC, Answer, Operation
from eventing.web.problems import MEDIA_TYPE, ProblemKind, Problems

REF: Final = "#/components/schemas/{model}"
SECURITY: Final = "accessToken"

OF_ALL: Final = ("malformed_request", "rate_limited", "internal", "unavailable", "overloaded")
OF_GUARDED: Final = ("unauthenticated", "forbidden")
OF_BODIES: Final = (
    "malformed_json",
    "request_timeout",
    "body_too_large",
    "unsupported_media_type",
    "invalid",
)

_HEADERS: Final = {
    "retry-after": "Seconds to wait before the same request may be sent again.",
    "www-authenticate": "The kind of token that is wanted, and whether the one sent was invalid.",
    "x-request-id": "The id of this request in the logs: the one that was sent, or a new one.",
    "ratelimit": 'What is left of the caller\'s share, and when it grows: `"default";r=50;t=30`.',
    "ratelimit-policy": 'The caller\'s share: `"default";q=100;w=60`.',
}


def openapi_document(
    title: str, version: str, description: str, operations: Sequence[Operation], problems: Problems
) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    schemas = _Schemas(operations)
    for operation in operations:
        paths[operation.path][operation.method.lower()] = _operation(operation, schemas, problems)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": "/"}],
        "paths": dict(paths),
        "components": {
            "schemas": {**schemas.definitions, "Problem": _PROBLEM},
            "securitySchemes": {SECURITY: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


class _Schemas:
    """The models of all operations, defined once; a body is what is taken, an answer what is given."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        wanted = dict.fromkeys(_models(operations))
        self._refs, document = models_json_schema(list(wanted), ref_template=REF)
        self.definitions: dict[str, Any] = document.get("$defs", {})

    def ref(self, model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
        return self._refs[model, mode]


def _models(operations: Iterable[Operation]) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    for operation in operations:
        if operation.body is not None:
            yield operation.body, "validation"
        for answer in operation.answers:
            if answer.model is not None:
                yield answer.model, "serialization"


def codes_of(operation: Operation) -> list[str]:
    """Every problem that the operation can answer with."""
    codes = [*operation.problems, *OF_ALL]
    codes += OF_GUARDED if operation.roles != PUBLIC else ()
    codes += OF_BODIES if operation.body is not None else ()
    codes += ["not_found"] if "{" in operation.path else []
    return list(dict.fromkeys(codes))


def _operation(operation: Operation, schemas: _Schemas, problems: Problems) -> dict[str, Any]:
    document: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag] if operation.tag else [],
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": _responses(operation, schemas, problems),
        "security": [] if operation.roles == PUBLIC else [{SECURITY: []}],
        "x-roles": sorted(operation.roles),
    }
    if operation.body is not None:
        document["requestBody"] = {"required": True, "content": {"application/json": _body(operation, schemas)}}
    return document


def _body(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    assert operation.body is not None
    examples = {name: {"value": value} for name, value in operation.body_examples.items()}
    return {"schema": schemas.ref(operation.body, "validation"), **({"examples": examples} if examples else {})}


def _parameter(parameter: Any) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "description": parameter.description,
        "schema": dict(parameter.schema),
        "example": parameter.example,
    }


def _responses(operation: Operation, schemas: _Schemas, problems: Problems) -> dict[str, Any]:
    by_status: dict[int, list[ProblemKind]] = defaultdict(list)
    for code in codes_of(operation):
        by_status[problems[code].status].append(problems[code])
    responses = {str(answer.status): _answer(answer, schemas) for answer in operation.answers}
    responses |= {str(status): _problem(kinds) for status, kinds in by_status.items()}
    return dict(sorted(responses.items()))


def _answer(answer: Answer, schemas: _Schemas) -> dict[str, Any]:
    names = {**answer.headers, **{name: _HEADERS[name] for name in ("x-request-id", "ratelimit", "ratelimit-policy")}}
    document: dict[str, Any] = {"description": answer.description, "headers": _headers(names)}
    if answer.model is not None or answer.example is not None:
        schema = schemas.ref(answer.model, "serialization") if answer.model is not None else {}
        example = {} if answer.example is None else {"example": answer.example}
        document["content"] = {answer.media_type: {"schema": schema, **example}}
    return document


def _problem(kinds: Sequence[ProblemKind]) -> dict[str, Any]:
    names = {"x-request-id": _HEADERS["x-request-id"]}
    if kinds[0].status in (429, 503):
        names["retry-after"] = _HEADERS["retry-after"]
    if kinds[0].status == 401:
        names["www-authenticate"] = _HEADERS["www-authenticate"]
    return {
        "description": "; or: ".join(kind.title for kind in kinds),
        "headers": _headers(names),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": REF.format(model="Problem")},
                "examples": {kind.code: {"summary": kind.title, "value": kind.example()} for kind in kinds},
            }
        },
    }


def _headers(names: dict[str, str]) -> dict[str, Any]:
    return {name: {"description": said, "schema": {"type": "string"}} for name, said in names.items()}


_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "A failure, as RFC 9457 has it. `type` is the address of a page on cause and cure.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail", "code"],
                "properties": {name: {"type": "string"} for name in ("pointer", "detail", "code")},
            },
        },
    },
    "additionalProperties": True,
}
