"""The issuer of this machine, for trying things out."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest

from eventing.errors import Misconfigured
from eventing.web.auth import Role
from eventing.web.local_issuer import LocalIssuer
from tests.support.web import local_issuer


def test_the_key_of_the_local_issuer_is_for_its_owner_alone(issuer: LocalIssuer, tmp_path: Path) -> None:
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


def test_a_token_lives_for_minutes(issuer: LocalIssuer) -> None:
    token = issuer.issue("alice", [Role.CUSTOMER], minutes=15, now=time.time())
    held = jwt.decode(token, options={"verify_signature": False})
    assert held["exp"] - held["iat"] == 900
