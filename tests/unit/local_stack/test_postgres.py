"""What becomes of a cluster whose making fails or is killed: a script plays initdb."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from eventing.errors import Misconfigured
from local_stack.account import Account
from local_stack.servers.postgres import Postgres
from local_stack.site import Site
from local_stack.state import State

BEGINS = 'place=$2; mkdir "$place"; echo 15 >"$place/PG_VERSION"'


def site(folder: Path, initdb: str) -> Site:
    program = folder / "bin" / "initdb"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{initdb}\n")
    program.chmod(0o755)
    state = State("me", os.geteuid(), sheltered=False, ports={}, postgres_password="secret")
    made = Site(folder / "home", state, Account("me", os.geteuid(), os.getegid()), {"postgres": program.parent})
    made.make_folders("postgres")
    return made


def test_half_a_cluster_is_never_taken_for_whole(tmp_path: Path) -> None:
    killed = site(tmp_path, f"{BEGINS}; kill -9 $$")
    with pytest.raises(Misconfigured, match="could not make a cluster"):
        Postgres().prepare(killed)
    assert not (killed.data("postgres") / "PG_VERSION").exists()

    whole = site(tmp_path, f'{BEGINS}; touch "$place/whole"')
    Postgres().prepare(whole)

    assert sorted(path.name for path in whole.data("postgres").iterdir()) == ["PG_VERSION", "whole"]
    assert [path.name for path in whole.data("postgres").parent.iterdir()] == ["postgres"]


def test_the_reason_is_told_without_the_chatter(tmp_path: Path) -> None:
    chatty = site(tmp_path, 'echo "creating files ... ok"; echo "FATAL:  could not write: No space left"; exit 1')

    with pytest.raises(Misconfigured) as refused:
        Postgres().prepare(chatty)

    assert str(refused.value).splitlines()[1:] == ["    FATAL:  could not write: No space left"]
