"""Searching orders: a question of the caller becomes one of Elasticsearch, built of fixed parts only.

Nothing that a caller writes is ever syntax: text goes into `multi_match` over fixed fields, filters into `term`,
`terms` and `range` of fixed fields, sorting is by name from a list. There is no script, no regular expression, no
wildcard, no offset. The owner's filter is added here and not by the route.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from eventing.web.auth import Caller, Role
from projections.reading import Json

MOST_COUNTED: Final = 10_000
TIMEOUT: Final = "2s"
FACET_SIZE: Final = 20
USUAL_SORT: Final = "-placed_at"
TEXT_FIELDS: Final = ("customer_name", "recipient", "city", "item_names", "order_id.words", "customer_email.words")
EXACT_FIELDS: Final = ("order_id", "customer_email", "tracking_number", "skus")

SORTS: Final[Mapping[str, tuple[str, str]]] = {
    sign + name: (name, "desc" if sign else "asc")
    for name in ("placed_at", "updated_at", "total")
    for sign in ("", "-")
}
TERMS: Final[Mapping[str, str]] = {
    "status": "status",
    "currency": "currency",
    "country": "country",
    "sku": "skus",
    "sales_channel": "sales_channel",
    "customer_id": "customer_id",
    "carrier": "carrier",
    "reason": "reason",
}
RANGES: Final[Mapping[str, tuple[str, str]]] = {
    "placed_from": ("placed_at", "gte"),
    "placed_to": ("placed_at", "lt"),
    "total_from": ("total", "gte"),
    "total_to": ("total", "lte"),
}
LINE_RANGES: Final[Mapping[str, tuple[str, str]]] = {
    "line_quantity_from": ("lines.quantity", "gte"),
    "line_quantity_to": ("lines.quantity", "lte"),
    "line_price_from": ("lines.unit_price", "gte"),
    "line_price_to": ("lines.unit_price", "lte"),
}
"""Together with `sku` they are asked of one and the same line."""
FACETS: Final[Mapping[str, str]] = {
    "status": "status",
    "currency": "currency",
    "country": "country",
    "sales_channel": "sales_channel",
    "sku": "skus",
}
_TIMES: Final = frozenset({"placed_at", "updated_at"})
_INTERNAL: Final = ("position", "deleted", "item_names", "skus")


def question(caller: Caller, asked: Mapping[str, Any], after: Sequence[Any] | None, limit: int) -> Json:
    """The whole body of a search. One document more than the page is asked for, to know whether there is a next."""
    body: dict[str, Any] = {
        "query": {
            "bool": {
                "must": [_text(asked["q"])] if "q" in asked else [],
                "filter": [*_owner(caller), *_filters(asked)],
                "must_not": [{"term": {"deleted": True}}],
            }
        },
        "sort": _sort(asked.get("sort", USUAL_SORT)),
        "size": limit + 1,
        "timeout": TIMEOUT,
        "track_total_hits": MOST_COUNTED,
    }
    if after is not None:
        body |= {"search_after": list(after), "track_total_hits": False}
    elif asked.get("facets", "yes") == "yes":
        body["aggs"] = {name: {"terms": {"field": field, "size": FACET_SIZE}} for name, field in FACETS.items()}
    return body


def document_of(hit: Json) -> Json:
    return {name: value for name, value in hit["_source"].items() if name not in _INTERNAL}


def total_of(answer: Json) -> Json | None:
    total = answer["hits"].get("total")
    return total and {"count": total["value"], "exact": total["relation"] == "eq"}


def facets_of(answer: Json) -> Json | None:
    found = answer.get("aggregations")
    return found and {
        name: [{"value": bucket["key"], "count": bucket["doc_count"]} for bucket in found[name]["buckets"]]
        for name in FACETS
    }


def _owner(caller: Caller) -> list[Json]:
    return [] if Role.OPERATOR in caller.roles else [{"term": {"customer_id": caller.subject}}]


def _text(text: str) -> Json:
    spread = {"query": text, "type": "cross_fields", "operator": "and", "fields": list(TEXT_FIELDS)}
    exact = [{"term": {field: {"value": text}}} for field in EXACT_FIELDS]
    return {"bool": {"should": [{"multi_match": spread}, *exact], "minimum_should_match": 1}}


def _filters(asked: Mapping[str, Any]) -> list[Json]:
    line = _ranges(LINE_RANGES, asked)
    if line and "sku" in asked:
        line.append({"terms": {"lines.sku": list(asked["sku"])}})
    nested: list[Json] = [{"nested": {"path": "lines", "query": {"bool": {"filter": line}}}}] if line else []
    terms: list[Json] = [{"terms": {field: list(asked[name])}} for name, field in TERMS.items() if name in asked]
    return terms + _ranges(RANGES, asked) + nested


def _ranges(known: Mapping[str, tuple[str, str]], asked: Mapping[str, Any]) -> list[Json]:
    return [{"range": {field: {op: _bound(asked[n])}}} for n, (field, op) in known.items() if n in asked]


def _bound(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def _sort(name: str) -> list[Json]:
    """By the order's id at last: a total order, so that a cursor points between two documents and never into one."""
    field, direction = SORTS[name]
    shape = {"format": "strict_date_optional_time_nanos"} if field in _TIMES else {}
    return [{field: {"order": direction, **shape}}, {"order_id": {"order": direction}}]
