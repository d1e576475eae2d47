"""Names of streams: `category-key`, such as `order-018f…` or `stock-MUG-1`.

Category and key are derived from the name and stored nowhere else. The key is also the Kafka key: the streams
of one order (order-, reservation-, payment-, shipment-) share it, so that they share a partition and an order.
"""

from __future__ import annotations

import re

from eventing.errors import Refusal

# A key travels into Kafka keys, Redis keys, Elasticsearch ids and URLs: no separator, control character or space.
_NAME = re.compile(r"[a-z][a-z_]{0,31}-[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def is_stream_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def stream_name(category: str, key: str) -> str:
    name = f"{category}-{key}"
    if _NAME.fullmatch(name) is None:
        raise Refusal(
            f"{name[:120]!r} can't name a stream: a key is 1 to 64 letters, digits, dots, underscores or hyphens.",
            code="invalid_key",
        )
    return name


def category_of(stream: str) -> str:
    return stream.partition("-")[0]


def key_of(stream: str) -> str:
    return stream.partition("-")[2]
