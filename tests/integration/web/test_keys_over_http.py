"""Keys from an issuer's address, over real HTTP; and the issuer of this machine, from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from eventing.errors import Misconfigured, Unavailable
from eventing.settings import AuthSettings, Settings
from eventing.web.auth import Authenticator, Caller, Role
from eventing.web.key_sources import keys_at
from eventing.web.keys import KeyRing
from eventing.web.local_issuer import LocalIssuer
from eventing.web.setup import local_issuer, make_authenticator
from tests.support.bare_environment import bare_environment
from tests.support.web import AUDIENCE, ISSUER
from tests.support.web import local_issuer as issuer_in


class Publisher(BaseHTTPRequestHandler):
    """Publishes the keys at /keys; elsewhere it misbehaves."""

    document = b""
    visited: list[str]

    def do_GET(self) -> None:
        self.visited.append(self.path)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/keys")
            self.end_headers()
            return
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write(b"x" * 2_000_000 if self.path == "/endless" else self.document)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing on stderr."""


@pytest.fixture
def issuer(tmp_path: Path) -> LocalIssuer:
    return issuer_in(tmp_path)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from the environment of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("ORDERS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def address(issuer: LocalIssuer, tmp_path: Path) -> Iterator[str]:
    document = json.loads((tmp_path / "issuer.json").read_text())
    for key in document["keys"]:
        del key["d"]
    handler = type("Bound", (Publisher,), {"document": json.dumps(document).encode(), "visited": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def door_to(url: str) -> Authenticator:
    return Authenticator(KeyRing(keys_at(url)), issuer=ISSUER, audience=AUDIENCE)


async def test_keys_come_from_the_issuers_address(issuer: LocalIssuer, address: str) -> None:
    token = issuer.issue("alice", [Role.OPERATOR])
    found = await door_to(f"{address}/keys").authenticate(f"Bearer {token}".encode())
    assert found == Caller("alice", frozenset({Role.OPERATOR}))


@pytest.mark.parametrize("path", ["/moved", "/broken", "/endless"])
async def test_an_address_that_misbehaves_is_not_followed(issuer: LocalIssuer, address: str, path: str) -> None:
    with pytest.raises(Unavailable):
        await door_to(address + path).authenticate(f"Bearer {issuer.issue('alice', [])}".encode())


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://issuer.test/keys", "data:,x"])
def test_only_http_leads_to_keys(url: str) -> None:
    with pytest.raises(Misconfigured, match="ORDERS_AUTH__JWKS_URL"):
        keys_at(url)


def orders_token(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from operations.cli import main; main()", "token", *arguments]
    given = bare_environment({"ORDERS_STACK_DIR": str(folder), **environment})
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("bare")
async def test_a_token_of_the_command_line_opens_the_api(tmp_path: Path) -> None:
    asked = ("--role", "customer", "--role", "operator", "--subject", "alice")
    printed = orders_token(tmp_path, *asked)
    assert printed.returncode == 0, printed.stderr
    door = make_authenticator(Settings(stack_dir=tmp_path))
    found = await door.authenticate(f"Bearer {printed.stdout.strip()}".encode())
    assert found == Caller("alice", frozenset({Role.CUSTOMER, Role.OPERATOR}))
    # and again as JSON, by the same key
    again = json.loads(orders_token(tmp_path, *asked, "--minutes", "5", "--json").stdout)
    assert (again["token_type"], again["expires_in"]) == ("Bearer", 300)
    assert await door.authenticate(f"Bearer {again['access_token']}".encode()) == found


@pytest.mark.parametrize(
    ("arguments", "environment", "why"),
    [
        (("--role", "emperor", "--subject", "alice"), {}, "There is no role 'emperor'"),
        (("--role", "customer", "--subject", "a b"), {}, "no space"),
        (("--role", "customer", "--subject", "alice"), {"ORDERS_ENVIRONMENT": "production"}, "your own issuer"),
        (("--role", "customer", "--subject", "alice"), {"ORDERS_AUTH__JWKS_URL": "https://a.test/"}, "that issuer"),
    ],
)
def test_a_token_that_can_not_be_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], why: str
) -> None:
    refused = orders_token(tmp_path, *arguments, **environment)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert why in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.usefixtures("bare")
def test_production_never_trusts_the_issuer_of_this_machine(tmp_path: Path) -> None:
    production = Settings(environment="production", stack_dir=tmp_path)
    with pytest.raises(Misconfigured, match="your own issuer"):
        make_authenticator(production)
    with pytest.raises(Misconfigured, match="your own issuer"):
        local_issuer(production)
    make_authenticator(production.model_copy(update={"auth": AuthSettings(jwks_url="https://issuer.test/keys")}))
