"""The documents of both APIs (OpenAPI) and of the topics (AsyncAPI 3), made from the code that serves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, cast

import event_schemas
from command_service import application as commands
from command_service.api.problems import PROBLEMS as COMMAND_PROBLEMS
from eventing.catalogue import Catalogue, EventType
from eventing.web.common_problems import COMMON
from eventing.web.openapi import openapi_document
from eventing.web.problems import Problems
from projections.query_api import application as queries
from projections.query_api.problems import PROBLEMS as QUERY_PROBLEMS

_AVRO: Final = "application/vnd.apache.avro;version=1.9.0"
_TEXT: Final = {"type": "string"}
_HEADERS: Final = {
    "ce_specversion": "1.0",
    "ce_id": "The event's id.",
    "ce_type": "Its type.",
    "ce_source": "Who publishes it.",
    "ce_time": "When it was recorded.",
    "ce_subject": "Its stream.",
    "ce_dataschema": "Type and schema version.",
    "ce_aggregateversion": "Its version in the stream.",
    "ce_globalposition": "Its position in the log: take it only if it is further than all before it in the partition.",
    "ce_correlationid": "The conversation that it belongs to.",
    "ce_causationid": "What caused it.",
    "ce_actor": "Who asked for it.",
    "ce_epoch": "Of the relay that published it.",
    "traceparent": "W3C trace context, as it was when the event was appended.",
}


class _NoGround:
    """Operations are described without being carried out: whatever they take from the ground is not there."""

    def __getattr__(self, name: str) -> _NoGround:
        return self

    def __call__(self, *_: object, **__: object) -> _NoGround:
        return self


def documents() -> Mapping[str, str]:
    """By the name of their file."""
    ground = cast(Any, _NoGround())
    found = {
        "write-api.openapi.json": openapi_document(
            commands.TITLE,
            version("orderloom"),
            commands.DESCRIPTION,
            commands.operations_on(ground),
            Problems(*COMMON, *COMMAND_PROBLEMS),
        ),
        "query-api.openapi.json": openapi_document(
            queries.TITLE,
            version("orderloom"),
            queries.DESCRIPTION,
            queries.operations_on(ground),
            Problems(*COMMON, *QUERY_PROBLEMS),
        ),
        "events.asyncapi.json": _asyncapi(Catalogue.discover(event_schemas)),
    }
    return {name: json.dumps(one, indent=2, ensure_ascii=False) + "\n" for name, one in found.items()}


def write(folder: Path) -> list[str]:
    """Those that were not what they have to be."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = differing(folder)
    for name in changed:
        (folder / name).write_text(documents()[name], encoding="utf-8")
    return changed


def differing(folder: Path) -> list[str]:
    return [
        name
        for name, text in documents().items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]


def _asyncapi(catalogue: Catalogue) -> dict[str, Any]:
    topics: dict[str, list[EventType]] = {}
    for kind in catalogue:
        topics.setdefault(kind.topic, []).append(kind)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Orderloom events",
            "version": version("orderloom"),
            "description": "Every committed event, per key in the order of the log, at least once.",
        },
        "defaultContentType": _AVRO,
        "channels": {topic: _channel(topic, kinds) for topic, kinds in sorted(topics.items())},
        "operations": {
            f"publish {topic}": {"action": "send", "channel": {"$ref": f"#/channels/{topic}"}}
            for topic in sorted(topics)
        },
        "components": {
            "messages": {kind.name: _message(kind) for kind in catalogue},
            "messageTraits": {"cloudevent": {"headers": _headers()}},
        },
    }


def _channel(topic: str, kinds: list[EventType]) -> dict[str, Any]:
    return {
        "address": topic,
        "messages": {kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in kinds},
    }


def _message(kind: EventType) -> dict[str, Any]:
    schema = json.loads(kind.schemas[kind.version])
    return {
        "name": kind.name,
        "title": f"{kind.name}, version {kind.version}, in streams {kind.stream}-<key>",
        "summary": schema.get("doc", ""),
        "contentType": _AVRO,
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": {"schemaFormat": _AVRO, "schema": schema},
        "bindings": {"kafka": {"key": _TEXT, "schemaIdLocation": "payload", "schemaIdPayloadEncoding": "confluent"}},
    }


def _headers() -> dict[str, Any]:
    return {"type": "object", "properties": {name: {**_TEXT, "description": says} for name, says in _HEADERS.items()}}
