"""Keys that are believed, for how long, and how often their source is asked."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from eventing.errors import Misconfigured, Unavailable
from eventing.web.auth import Authenticator
from eventing.web.keys import usable_keys
from eventing.web.refusals import Unauthenticated
from tests.support.tokens import NOW, Clock, Issuer, caller_of, jwks, segment, signed


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], "no JWK set"),
        ({"keys": {}}, "no JWK set"),
        ({"keys": []}, "no usable key"),
        ({"keys": [{"kty": "oct", "kid": "s", "k": segment(b"x" * 32), "alg": "HS256"}]}, "shared secret"),
        ({"keys": [{**jwks()["keys"][0], "alg": "PS256"}]}, "no usable key"),
        ({"keys": [{**jwks()["keys"][0], "kid": None}]}, "no usable key"),
        ({"keys": [{**jwks()["keys"][0], "use": "enc"}]}, "no usable key"),
    ],
)
def test_a_key_set_that_can_not_be_trusted_is_refused(document: Any, why: str) -> None:
    with pytest.raises(Misconfigured, match=why):
        usable_keys(document)


def test_a_short_rsa_key_is_refused() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    key = {**RSAAlgorithm.to_jwk(short.public_key(), as_dict=True), "kid": "short", "alg": "RS256"}
    with pytest.raises(Misconfigured, match="too short"):
        usable_keys({"keys": [key]})


async def test_a_thousand_unknown_keys_cost_one_look(door: Authenticator, source: Issuer, clock: Clock) -> None:
    await caller_of(door, signed())
    assert source.asked == 1
    for minute in range(2):
        for number in range(1000):
            with pytest.raises(Unauthenticated):
                await caller_of(door, signed(header={"kid": f"unknown-{minute}-{number}"}))
        clock.now += 31
    assert source.asked == 2
    assert (await caller_of(door, signed(sub="bob"))).subject == "bob"


async def test_keys_go_on_working_while_their_source_is_away(door: Authenticator, source: Issuer, clock: Clock) -> None:
    await caller_of(door, signed())
    source.document = OSError("away")
    clock.now += 301
    assert (await caller_of(door, signed(iat=NOW, exp=NOW + 1000, sub="bob"))).subject == "bob"
    with pytest.raises(Unauthenticated):
        await caller_of(door, signed(header={"kid": "new"}))


async def test_a_source_that_never_answered_is_a_reason_to_wait(door: Authenticator, source: Issuer) -> None:
    source.document = OSError("away")
    with pytest.raises(Unavailable):
        await caller_of(door, signed())


async def test_keys_are_rotated_without_a_gap(door: Authenticator, source: Issuer, clock: Clock) -> None:
    both = source.document["keys"]
    old, new = signed("rsa"), signed("ec")
    # given: only the old key is published
    source.document = {"keys": [both[0]]}
    assert (await caller_of(door, old)).subject == "alice"
    # when the new one joins it, both count
    source.document = {"keys": both[:2]}
    clock.now += 31
    assert (await caller_of(door, new)).subject == "alice"
    assert (await caller_of(door, old)).subject == "alice"
    # when the old one is taken away, its tokens end at the next look, remembered or not
    source.document = {"keys": [both[1]]}
    clock.now += 301
    await caller_of(door, new)
    look = door._keys._refresh
    assert look is not None
    await look
    assert (await caller_of(door, new)).subject == "alice"
    with pytest.raises(Unauthenticated):
        await caller_of(door, old)
