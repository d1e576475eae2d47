"""Tokens that must not open anything, and the few that do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from eventing.errors import Misconfigured, Unavailable
from eventing.web.auth import Authenticator, Caller, Role
from eventing.web.keys import KeyRing, usable_keys
from eventing.web.refusals import Unauthenticated
from tests.support.web import AUDIENCE, ISSUER, local_issuer

NOW = 1_800_000_000
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
PRIVATE: dict[str, tuple[Any, str]] = {"rsa": (RSA, "RS256"), "ec": (EC, "ES256"), "ed": (ED, "EdDSA")}


def jwks() -> dict[str, Any]:
    public = {
        "rsa": RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True),
        "ec": ECAlgorithm.to_jwk(EC.public_key(), as_dict=True),
        "ed": OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True),
    }
    return {"keys": [{**key, "kid": kid, "alg": PRIVATE[kid][1], "use": "sig"} for kid, key in public.items()]}


class Issuer:
    """The source of keys; it counts how often it is asked."""

    def __init__(self) -> None:
        self.document: Any = jwks()
        self.asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        if isinstance(self.document, Exception):
            raise self.document
        return json.dumps(self.document).encode()


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def source() -> Issuer:
    return Issuer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(source: Issuer, clock: Clock) -> Authenticator:
    return Authenticator(KeyRing(source, now=clock), issuer=ISSUER, audience=AUDIENCE, leeway=10, now=clock)


def claims(**changed: Any) -> dict[str, Any]:
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": NOW, "exp": NOW + 900, "roles": ["customer"]}
    return {name: value for name, value in {**whole, **changed}.items() if value is not ...}


def signed(
    kid: str = "ed", header: Mapping[str, Any] | None = None, payload: bytes | None = None, **changed: Any
) -> str:
    """A token signed by one of our keys, whatever stands in it."""
    key, algorithm = PRIVATE[kid]
    head = {name: value for name, value in {"typ": "at+jwt", "kid": kid, **(header or {})}.items() if value is not ...}
    body = payload if payload is not None else json.dumps(claims(**changed)).encode()
    return jwt.api_jws.encode(body, key, algorithm=algorithm, headers=head)


def segment(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hand_made(header: Any, signature: bytes = b"", **changed: Any) -> str:
    return ".".join((segment(header), segment(claims(**changed)), segment(signature)))


async def caller_of(door: Authenticator, token: str) -> Caller:
    return await door.authenticate(b"Bearer " + token.encode())


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


def test_the_key_of_the_local_issuer_is_for_its_owner_alone(issuer: object, tmp_path: Path) -> None:
    path = tmp_path / "issuer.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="can be read by others"):
        local_issuer(tmp_path)


def test_a_broken_key_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "issuer.json").write_text("{}")
    (tmp_path / "issuer.json").chmod(0o600)
    with pytest.raises(Misconfigured, match="delete it"):
        local_issuer(tmp_path)


def test_a_token_lives_for_minutes(issuer: Any) -> None:
    token = issuer.issue("alice", [Role.CUSTOMER], minutes=15, now=time.time())
    held = jwt.decode(token, options={"verify_signature": False})
    assert held["exp"] - held["iat"] == 900
