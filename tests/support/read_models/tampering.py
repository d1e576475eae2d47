"""Documents of a live build as somebody leaves them who is no projector."""

from __future__ import annotations

from typing import Any, cast

import orjson

from projections.generations import Build
from projections.read_model import ReadModel
from projections.stores.elasticsearch_connecting import ask, connect
from tests.support.read_models.platform import Platform


def kept_in_redis(platform: Platform, model: ReadModel, document_id: str) -> bytes:
    with platform.redis() as client:
        key = platform.redis_names.documents_of(_live(platform, model), document_id)
        found = cast(bytes | None, client.hget(key, document_id))
    assert found is not None
    return found


def put_into_redis(platform: Platform, model: ReadModel, document_id: str, value: bytes) -> None:
    with platform.redis() as client:
        client.hset(platform.redis_names.documents_of(_live(platform, model), document_id), document_id, value)


def give_to(platform: Platform, model: ReadModel, document_id: str, owner: str) -> None:
    """By the label alone: the document itself is as it was."""
    head, _, body = kept_in_redis(platform, model, document_id).partition(b"\n")
    others = b" ".join([*head.split(b" ")[:-1], owner.encode()])
    put_into_redis(platform, model, document_id, others + b"\n" + body)


def cheapen(platform: Platform, model: ReadModel, order_id: str) -> None:
    """Its total is 1, and all else as it was."""
    if model.store == "elasticsearch":
        source = kept_in_elasticsearch(platform, model, order_id)
        put_into_elasticsearch(platform, model, order_id, {**source, "total": 1})
        return
    head, _, body = kept_in_redis(platform, model, order_id).partition(b"\n")
    put_into_redis(platform, model, order_id, head + b"\n" + orjson.dumps({**orjson.loads(body), "total": 1}))


def kept_in_elasticsearch(platform: Platform, model: ReadModel, document_id: str) -> dict[str, Any]:
    return cast(dict[str, Any], _ask(platform, "GET", model, document_id)["_source"])


def put_into_elasticsearch(platform: Platform, model: ReadModel, document_id: str, source: dict[str, Any]) -> None:
    _ask(platform, "PUT", model, document_id, source)


def _ask(platform: Platform, method: str, model: ReadModel, document_id: str, body: Any = None) -> Any:
    client = connect(platform.settings.elasticsearch)
    index = f"{platform.prefix}-{model.name}-{_live(platform, model).tag}"
    try:
        return ask(client, method, f"/{index}/_doc/{document_id}?refresh=true", body)
    finally:
        client.close()


def _live(platform: Platform, model: ReadModel) -> Build:
    build = platform.build(model.name)
    assert build is not None
    return build
