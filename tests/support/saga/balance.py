"""What must be true of everybody's books once everything has come to rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.saga.oracle import Broken

if TYPE_CHECKING:
    from tests.support.saga.world import World


def balance(world: World) -> None:
    for key in world.placed:
        _of_one_order(world, key)
    held = {sku: count - world.oracle.free[sku] for sku, count in world.oracle.stock.items()}
    sold = {sku: sum(account.held[sku] for account in world.oracle.accounts.values()) for sku in held}
    _demand(held == sold, f"{held} taken from the shelf, {sold} held by orders")
    _demand(not world.ledger.locks, f"still locked: {world.ledger.locks}")
    _demand(not any(world.open.values()), f"still to be asked: {world.open}")
    _demand(all(actor.idle for actor in world.actors), "somebody is still at work")


def _of_one_order(world: World, key: str) -> None:
    """The outside world's own books against the end that the order has come to."""
    account, outside = world.oracle.accounts[key], world.outside
    confirmed = account.end == "order.confirmed"
    due = {"EUR": account.placed.total if confirmed else 0, "SEK": 0}
    paid = {unit: outside.captured[key, unit] - outside.given_back[key, unit] for unit in due}
    _demand(paid == due, f"{key} is {account.end}, and the provider keeps {paid} of {due}")
    _demand(outside.captures[key] <= 1, f"{key} was captured {outside.captures[key]} times")
    labels = outside.labels.get(key, set())
    _demand(labels == ({account.label} if confirmed else set()), f"{key} is {account.end} with labels {labels}")
    _demand(bool(account.held) == confirmed, f"{key} is {account.end} and holds {account.held}")


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)
