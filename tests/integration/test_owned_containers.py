"""Containers go with the run of the tests that they belong to, and with no other."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests import backing as servers
from tests import containers, owned_containers
from tests.backing import Run
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(not servers.of_containers(), reason="containers are asked for with BACKING=containers")


@pytest.fixture
def run() -> Iterator[str]:
    name = f"orderloom-test-{uuid4().hex[:12]}"
    yield name
    owned_containers.remove(name)


@pytest.fixture
def somebody() -> Iterator[subprocess.Popen[bytes]]:
    """Who runs tests, for a while."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def begun(labels: dict[str, str]) -> str:
    given = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
    return owned_containers.docker("run", "--detach", *given, containers.image_of("redis")).strip()


def there(run: str) -> list[str]:
    filtered = ("--filter", f"label={owned_containers.RUN}={run}")
    return owned_containers.docker("ps", "--all", "--quiet", "--no-trunc", *filtered).split()


def test_a_run_that_is_killed_leaves_none(run: str, somebody: subprocess.Popen[bytes]) -> None:
    begun(owned_containers.labels(run, somebody.pid))
    owned_containers.post_guardian(run, somebody.pid)
    assert there(run)

    os.kill(somebody.pid, signal.SIGKILL)
    somebody.wait()

    until(lambda: not there(run), "the guardian removes what the run had")


def test_the_next_run_removes_what_nobody_of_this_machine_owns_any_more(
    run: str, somebody: subprocess.Popen[bytes]
) -> None:
    somebody.kill()
    somebody.wait()
    dead = owned_containers.labels(run, somebody.pid)
    begun(dead)
    living = begun(owned_containers.labels(run, os.getpid()))
    # At one engine may be runs of other machines, and of other containers, whose processes nobody can see from here.
    elsewhere = begun({**dead, owned_containers.OWNER: f"elsewhere/{somebody.pid}"})

    owned_containers.remove_orphans()

    assert set(there(run)) == {living, elsewhere}


def test_a_start_that_fails_leaves_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: str) -> None:
    monkeypatch.setenv("ORDERS_IMAGE_REGISTRY", f"nobody.invalid/{run}:1")

    with pytest.raises(Exception, match=run):
        containers.backing(Run(os.getpid(), tmp_path / run))

    assert there(run) == []


def test_an_image_that_can_not_be_had_is_said_before_the_first_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_IMAGE_KAFKA", "nobody.invalid/kafka:1")

    with pytest.raises(servers.CannotBeHad, match=r"nobody.invalid/kafka:1 can't be had \(.*\): name another image"):
        containers.have_images()
