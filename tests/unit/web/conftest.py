"""Keys and tokens for the tests of the edge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from eventing.web.auth import Authenticator, Role
from eventing.web.keys import KeyRing
from eventing.web.local_issuer import LocalIssuer
from tests.support.tokens import Clock, Issuer
from tests.support.web import AUDIENCE, ISSUER, application, client_of, edge_of, keys_of, local_issuer


@pytest.fixture
def issuer(tmp_path: Path) -> LocalIssuer:
    return local_issuer(tmp_path)


@pytest.fixture
def keys(issuer: LocalIssuer, tmp_path: Path) -> KeyRing:
    return keys_of(tmp_path)


@pytest.fixture
def alice(issuer: LocalIssuer) -> str:
    """The token of a customer."""
    return issuer.issue("alice", [Role.CUSTOMER])


@pytest.fixture
async def client(keys: KeyRing, alice: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(application(edge_of(keys)), alice) as found:
        yield found


@pytest.fixture
def source() -> Issuer:
    return Issuer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(source: Issuer, clock: Clock) -> Authenticator:
    return Authenticator(KeyRing(source, now=clock), issuer=ISSUER, audience=AUDIENCE, leeway=10, now=clock)
