"""The text files that belong to the repository."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.planting import ROOT


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def lines_of_text() -> Iterator[tuple[Path, int, str]]:
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
            yield path.relative_to(ROOT), number, line
