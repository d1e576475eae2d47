"""Who starts the stack, and from where: an ordinary user, and root with folders that nobody else may enter."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_stack import artifacts, download, options, programs, shelter
from local_stack.account import Account, account_for_servers
from local_stack.locks import exclusive
from local_stack.progress import silent

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start something as somebody else")

# Becomes another user after everything is loaded, because the interpreter may lie where that user can't go.
ORDINARY_USER = """
import json, os, sys, concurrent.futures.thread, encodings.ascii, encodings.idna, gzip
from dataclasses import asdict
from pathlib import Path
import jgo.constants
from local_stack import processes, stack
name, uid, gid, home = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
os.setgroups([]); os.setgid(gid); os.setuid(uid)
os.chdir(home)
one = stack.Stack(home / "orders")
one.up()
site = stack.look_at(one.dir)
found = processes.find([each.kind(site) for each in stack.SERVERS])
owners = {each.name: found[each.kind(site)][0].uids().real for each in stack.SERVERS}
one.down()
left = [each for group in processes.find(list(found)).values() for each in group]
print(json.dumps({"owners": owners, "home": str(site.home), "left": len(left)}))
"""


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """pytest's own folders are closed to other users; this one's way is open."""
    folder = Path("/var/tmp") / tmp_path.name
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def seed_cache(cache: Path) -> None:
    """What was downloaded once need not come over the network again; unpacking is done anew."""
    known = options.from_settings().cache_dir
    with exclusive(known / "lock"):
        download.fetch_all(artifacts.pinned(), known / "artifacts", silent)
    (cache / "artifacts").mkdir(parents=True)
    for each in artifacts.pinned():
        shutil.copy(known / "artifacts" / each.file_name, cache / "artifacts")


@as_root
@pytest.mark.slow
def test_an_ordinary_user_with_an_empty_home_starts_it_all(open_folder: Path) -> None:
    user = pwd.getpwnam("nobody")
    if not Account("nobody", user.pw_uid, user.pw_gid).can_enter(Path(sys.prefix)):
        pytest.skip(f"{sys.prefix} is closed to other users")
    seed_cache(open_folder / "cache")
    for path in (open_folder, *open_folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)

    arguments = [user.pw_name, str(user.pw_uid), str(user.pw_gid), str(open_folder)]
    done = subprocess.run(
        [sys.executable, "-c", ORDINARY_USER, *arguments],
        check=False,
        env={"HOME": str(open_folder), "PATH": os.defpath, "ORDERS_CACHE_DIR": str(open_folder / "cache")},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert set(said["owners"].values()) == {user.pw_uid}
    assert said["home"] == str(open_folder / "orders" / "servers")
    assert said["left"] == 0


@as_root
def test_root_never_runs_a_server_as_root() -> None:
    assert account_for_servers("nobody").uid != 0


@as_root
def test_a_program_below_a_closed_folder_is_copied_to_where_its_user_can_run_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed" / "bin"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700)
    found = programs.locate(options.from_settings(), account_for_servers("nobody"), Path("/nonexistent"), silent)
    shutil.copy(found["redis"] / "redis-server", closed)
    account = account_for_servers("nobody")

    copied = programs._reachable("redis", closed, account)

    assert copied.is_relative_to(shelter.ROOT)
    command = [str(copied / "redis-server"), "--version"]
    assert subprocess.run(command, check=False, cwd="/", **account.popen_arguments()).returncode == 0
    assert programs._reachable("redis", closed, account) == copied
    shutil.rmtree(copied)
    copied.with_name(f"{copied.name}.sha256").unlink()


@pytest.mark.slow
def test_two_first_starts_at_once_unpack_once(open_folder: Path) -> None:
    seed_cache(open_folder)
    command = """
import sys
from pathlib import Path
from local_stack import options, programs
from local_stack.account import account_for_servers
steps = []
found = programs.locate(options.from_settings(), account_for_servers("nobody"), Path("/nonexistent"), steps.append)
print(sum(step.state == "unpacking" for step in steps))
"""

    def locate(_: int) -> str:
        environment = {**os.environ, "ORDERS_CACHE_DIR": str(open_folder)}
        return subprocess.run(
            [sys.executable, "-c", command], check=True, env=environment, capture_output=True, text=True
        ).stdout

    with ThreadPoolExecutor() as pool:
        unpacked = sorted(pool.map(locate, range(2)))

    assert unpacked == ["0\n", "3\n"]
