"""Folders that appear whole or not at all, and are looked over before anything in them is run."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from local_stack.download import sha256_of


def is_whole(tree: Path) -> bool:
    """Whether every file is as it was when the tree was made: by content, for a date proves nothing."""
    try:
        return _seal(tree).read_text(encoding="ascii") == digest(tree)
    except OSError:
        return False


def make(tree: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside the place, then move it there and seal it. The caller holds the lock."""
    tree.parent.mkdir(parents=True, exist_ok=True)
    tree.parent.chmod(0o755)
    _seal(tree).unlink(missing_ok=True)
    shutil.rmtree(tree, ignore_errors=True)
    for abandoned in tree.parent.glob(f".{tree.name}.*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{tree.name}.", dir=tree.parent))
    try:
        fill(fresh)
        _let_all_read(fresh)
        found = digest(fresh)
        fresh.replace(tree)
        _seal(tree).write_text(found, encoding="ascii")
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def digest(tree: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        total.update(f"{file.relative_to(tree)} {sha256_of(file)}\n".encode())
    return total.hexdigest()


def unpack(archive: Path, into: Path) -> None:
    """Into the folder itself: the one folder that archives like to wrap everything in is left out."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(into)  # noqa: S202  it strips what would leave the folder
    else:
        with tarfile.open(archive) as tarred:
            # Python has this filter from 3.11.4 on. Before, the pinned hash alone vouches for what is inside.
            tarred.extraction_filter = getattr(tarfile, "data_filter", None)
            tarred.extractall(into)  # noqa: S202
    inner = list(into.iterdir())
    if len(inner) == 1 and inner[0].is_dir():
        wrapped = inner[0].rename(into / ".wrapped")
        for path in wrapped.iterdir():
            path.rename(into / path.name)
        wrapped.rmdir()


def _seal(tree: Path) -> Path:
    return tree.with_name(f"{tree.name}.sha256")


def _let_all_read(tree: Path) -> None:
    """The servers may run under an account that is not the one who unpacks; but whoever unpacks stays the owner."""
    for path in (tree, *tree.rglob("*")):
        os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
