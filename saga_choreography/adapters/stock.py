"""Levels of stock, moved in the transaction of the events that promise it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from eventing.postgres.marks import Execute

_LOCK: Final = "SELECT of_sku, pieces FROM lock_stock_levels(%s)"
_MOVE: Final = "SELECT move_promised_stock(%s::text[], %s::bigint[])"


def lock_levels(execute: Execute, skus: Sequence[str]) -> Mapping[str, int]:
    return dict(execute(_LOCK, (sorted(skus),))) if skus else {}


def move_levels(execute: Execute, deltas: Mapping[str, int]) -> None:
    if deltas:
        execute(_MOVE, (list(deltas), list(deltas.values())))
