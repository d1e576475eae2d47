"""Who may come in: the caller is known, has not asked too often, and has a role that the operation admits."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.types import Scope

from eventing.web.auth import ANONYMOUS, Authenticator, Caller
from eventing.web.operation import PUBLIC, Operation
from eventing.web.rate_limit import RateLimiter, Verdict
from eventing.web.refusals import EdgeRefusal, TooManyRequests, Unauthenticated

IPV6_NETWORK_BITS: Final = 64


class Gate:
    def __init__(self, authenticator: Authenticator, limiter: RateLimiter | None) -> None:
        self._authenticator = authenticator
        self._limiter = limiter

    async def admit(self, operation: Operation, scope: Scope) -> tuple[Caller, Verdict | None]:
        """Every request counts: repeats under one idempotency key, and those that are refused later, too."""
        if operation.roles == PUBLIC:
            return ANONYMOUS, await self._charge(address_bucket(scope))
        try:
            caller = await self._authenticator.authenticate(_authorization(scope))
        except Unauthenticated:
            # Guessing tokens costs us signature checks, so it is limited by where it comes from.
            await self._charge(address_bucket(scope))
            raise
        verdict = await self._charge("s:" + caller.subject)
        if caller.roles.isdisjoint(operation.roles):
            required = sorted(operation.roles)
            raise EdgeRefusal(
                f"This needs the role {' or '.join(required)}.", code="forbidden", required_roles=required
            )
        return caller, verdict

    async def _charge(self, bucket: str) -> Verdict | None:
        if self._limiter is None:
            return None
        verdict = await self._limiter.charge(bucket)
        if not verdict.allowed:
            policy = self._limiter.policy
            raise TooManyRequests(
                verdict.retry_after, policy.name, {n.decode(): v.decode() for n, v in self._limiter.fields(verdict)}
            )
        return verdict


def _authorization(scope: Scope) -> bytes | None:
    found = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(found) > 1:
        raise Unauthenticated("Send one Authorization header, not several.")
    return found[0] if found else None


def address_bucket(scope: Scope) -> str:
    """The peer's address. A forwarded one is believed from a trusted proxy only, and the server has settled that."""
    client = scope.get("client")
    if not client:
        return "a:unknown"
    try:
        address = ip_address(client[0])
    except ValueError:
        return "a:unknown"
    if isinstance(address, IPv6Address):
        # Whoever has one IPv6 address has its whole network.
        return f"a:{int(address) >> (128 - IPV6_NETWORK_BITS):x}"
    return f"a:{address}"
