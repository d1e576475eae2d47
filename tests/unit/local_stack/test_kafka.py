"""How Kafka's storage is made ready: a script plays Java."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from local_stack.account import Account
from local_stack.options import PORT_NAMES
from local_stack.servers.kafka import Kafka
from local_stack.site import Site
from local_stack.state import State


@pytest.fixture
def site(tmp_path: Path) -> Site:
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/words\n')
    java.chmod(0o755)
    ports = {name: 20_000 + number for number, name in enumerate(PORT_NAMES)}
    state = State("me", os.geteuid(), sheltered=False, ports=ports, postgres_password="secret")
    programs = {"java": tmp_path / "java", "kafka": tmp_path / "kafka"}
    made = Site(tmp_path / "home", state, Account("me", os.geteuid(), os.getegid()), programs)
    made.make_folders("kafka")
    return made


def test_a_cluster_id_that_begins_with_a_hyphen_is_no_option(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of 64 does; as a word of its own the tool refuses it, and a first start fails."""
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xf8" * 16))

    Kafka().prepare(site)

    words = (tmp_path / "words").read_text().splitlines()
    assert "--cluster-id=-Pj4-Pj4-Pj4-Pj4-Pj4-A" in words
    assert "-Pj4-Pj4-Pj4-Pj4-Pj4-A" not in words
