"""Tokens that must not open anything, and the few that do."""

from __future__ import annotations

import hashlib
import hmac
import json

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm

from eventing.web.auth import Authenticator, Caller, Role
from eventing.web.keys import KeyRing
from eventing.web.refusals import Unauthenticated
from tests.support.tokens import NOW, RSA, Clock, Issuer, caller_of, claims, hand_made, jwks, segment, signed
from tests.support.web import AUDIENCE, ISSUER


@pytest.mark.parametrize("kid", ["rsa", "ec", "ed"])
async def test_a_good_token_names_its_caller(door: Authenticator, kid: str) -> None:
    found = await caller_of(door, signed(kid, roles=["customer", "operator", "emperor", 7]))
    assert found == Caller("alice", frozenset({Role.CUSTOMER, Role.OPERATOR}))


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT"])
async def test_the_types_of_access_tokens_are_known(door: Authenticator, typ: str) -> None:
    assert (await caller_of(door, signed(header={"typ": typ}))).subject == "alice"


async def test_one_of_several_audiences_is_enough(door: Authenticator) -> None:
    assert (await caller_of(door, signed(aud=["other", AUDIENCE]))).subject == "alice"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("a.b.c", id="no token"),
        pytest.param(hand_made({"alg": "none", "typ": "at+jwt", "kid": "ed"}), id="none"),
        pytest.param(hand_made({"alg": "None", "typ": "at+jwt", "kid": "ed"}), id="None"),
        pytest.param(hand_made({"alg": "nOnE", "typ": "at+jwt", "kid": "ed"}), id="nOnE"),
        pytest.param(hand_made({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"}), id="no signature"),
        pytest.param(signed()[:-4] + "AAAA", id="another signature"),
        pytest.param(signed(header={"kid": "rsa"}), id="a key of another kind"),
        pytest.param(signed(header={"kid": "ec"}), id="another key"),
        pytest.param(signed(header={"kid": ...}), id="no kid"),
        pytest.param(signed(header={"kid": "../../dev/null"}), id="a path as kid"),
        pytest.param(signed(header={"kid": "' OR 1=1 --"}), id="SQL as kid"),
        pytest.param(signed(header={"kid": "x" * 5000}), id="a long kid"),
        pytest.param(hand_made({"alg": "EdDSA", "typ": "at+jwt", "kid": 7}), id="a number as kid"),
        pytest.param(signed(header={"crit": ["exp"]}), id="an unknown critical header"),
        pytest.param(signed(header={"typ": ""}), id="no type"),
        pytest.param(signed(header={"typ": "id+jwt"}), id="another type"),
        pytest.param(signed(nonce="n"), id="an ID token"),
        pytest.param(signed(at_hash="h"), id="an ID token with a hash"),
        pytest.param(signed(exp=NOW - 11), id="expired"),
        pytest.param(signed(exp=NOW - 10), id="expired at the end of the leeway"),
        pytest.param(signed(exp=...), id="no exp"),
        pytest.param(signed(exp=None), id="exp null"),
        pytest.param(signed(exp=str(NOW + 900)), id="exp as string"),
        pytest.param(signed(exp=NOW + 900.5), id="exp as fraction"),
        pytest.param(signed(exp=True), id="exp true"),
        pytest.param(signed(payload=json.dumps(claims(exp=7)).replace("7,", "1e400,").encode()), id="exp 1e400"),
        pytest.param(signed(iat=...), id="no iat"),
        pytest.param(signed(iat=NOW + 11), id="issued in the future"),
        pytest.param(signed(nbf=NOW + 11), id="not yet valid"),
        pytest.param(signed(nbf="0"), id="nbf as string"),
        pytest.param(signed(aud=...), id="no aud"),
        pytest.param(signed(aud="other"), id="another aud"),
        pytest.param(signed(aud=["other"]), id="other auds"),
        pytest.param(signed(aud={AUDIENCE: 1}), id="aud as object"),
        pytest.param(signed(aud=AUDIENCE + "x"), id="a longer aud"),
        pytest.param(signed(iss=...), id="no iss"),
        pytest.param(signed(iss=ISSUER + ".evil.test"), id="an issuer that begins like ours"),
        pytest.param(signed(iss=[ISSUER]), id="iss as list"),
        pytest.param(signed(sub=...), id="no sub"),
        pytest.param(signed(sub=""), id="empty sub"),
        pytest.param(signed(sub=7), id="sub as number"),
        pytest.param(signed(sub="alice\nbob"), id="sub with a line feed"),
        pytest.param(signed(sub="a" * 129), id="a long sub"),
        pytest.param(signed(roles="customer"), id="roles as string"),
        pytest.param(signed(payload=json.dumps(claims()).encode()[:-1] + b',"sub":"bob"}'), id="sub twice"),
        pytest.param(signed(payload=b"[]"), id="claims as list"),
        pytest.param(signed(payload=b"[" * 3000), id="deep claims"),
        pytest.param(signed(pad="x" * 9000), id="larger than 8 KB"),
        pytest.param(signed() + "é", id="not ASCII"),
    ],
)
async def test_a_bad_token_opens_nothing(door: Authenticator, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await caller_of(door, token)


def public_forms() -> dict[str, bytes]:
    public, encoding, form = RSA.public_key(), serialization.Encoding, serialization.PublicFormat
    forms = {
        f"{how} {what}": public.public_bytes(getattr(encoding, how), getattr(form, what))
        for how in ("PEM", "DER")
        for what in ("SubjectPublicKeyInfo", "PKCS1")
    }
    return forms | {"JWK": json.dumps(jwks()["keys"][0]).encode()}


@pytest.mark.parametrize("secret", public_forms().values(), ids=public_forms().keys())
@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
async def test_a_public_key_is_no_shared_secret(door: Authenticator, secret: bytes, algorithm: str) -> None:
    head = segment({"alg": algorithm, "typ": "at+jwt", "kid": "rsa"})
    text = f"{head}.{segment(claims())}"
    digest = hmac.new(secret, text.encode(), hashlib.sha256 if algorithm == "HS256" else hashlib.sha512).digest()
    with pytest.raises(Unauthenticated):
        await caller_of(door, f"{text}.{segment(digest)}")


@pytest.mark.parametrize("name", ["jku", "x5u"])
async def test_an_address_in_a_token_is_never_visited(door: Authenticator, source: Issuer, name: str) -> None:
    """The source of keys is the only one that could be asked, and it is asked for its own keys alone."""
    mallory = ed25519.Ed25519PrivateKey.generate()
    head = {"typ": "at+jwt", "kid": "mallory", name: "http://127.0.0.1:1/keys"}
    token = jwt.api_jws.encode(json.dumps(claims()).encode(), mallory, algorithm="EdDSA", headers=head)
    with pytest.raises(Unauthenticated):
        await caller_of(door, token)
    assert source.asked == 1


async def test_a_key_in_a_token_is_never_used(door: Authenticator) -> None:
    mallory = ed25519.Ed25519PrivateKey.generate()
    head = {"typ": "at+jwt", "kid": "ed", "jwk": OKPAlgorithm.to_jwk(mallory.public_key(), as_dict=True)}
    token = jwt.api_jws.encode(json.dumps(claims()).encode(), mallory, algorithm="EdDSA", headers=head)
    with pytest.raises(Unauthenticated):
        await caller_of(door, token)


async def test_a_token_ends_when_it_says_even_if_it_is_remembered(door: Authenticator, clock: Clock) -> None:
    token = signed()
    for now, good in ((NOW, True), (NOW + 909, True), (NOW + 910, False), (NOW + 911, False)):
        clock.now = now
        if good:
            assert (await caller_of(door, token)).subject == "alice"
        else:
            with pytest.raises(Unauthenticated, match="expired"):
                await caller_of(door, token)


async def test_only_so_many_tokens_are_remembered(source: Issuer, clock: Clock) -> None:
    door = Authenticator(KeyRing(source), issuer=ISSUER, audience=AUDIENCE, remembered=5, now=clock)
    for number in range(20):
        await caller_of(door, signed(sub=f"alice-{number}"))
    assert len(door._known) == 5


@pytest.mark.parametrize("header", [b"", b"Basic YTpi", b"Bearer", b"Bearer ", b"bearer\tx"])
async def test_other_schemes_open_nothing(door: Authenticator, header: bytes) -> None:
    with pytest.raises(Unauthenticated):
        await door.authenticate(header)


async def test_two_authorization_headers_open_nothing(client: httpx.AsyncClient, alice: str) -> None:
    headers = [("authorization", f"Bearer {alice}"), ("authorization", f"Bearer {alice}")]
    client.headers.pop("authorization")
    assert (await client.get("/v1/notes/1", headers=headers)).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_has_no_case(client: httpx.AsyncClient, alice: str, scheme: str) -> None:
    answer = await client.get("/v1/notes/1", headers={"authorization": f"{scheme} {alice}"})
    assert answer.status_code == 200


async def test_without_a_token_the_caller_is_told_which_kind(client: httpx.AsyncClient) -> None:
    client.headers.pop("authorization")
    answer = await client.get("/v1/notes/1")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="orderloom"'


async def test_a_bad_token_is_called_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/notes/1", headers={"authorization": "Bearer x"})
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
