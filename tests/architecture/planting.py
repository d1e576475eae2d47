"""A copy of the packages into which a forbidden import can be planted, and what the linter says of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def linter_settings() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)["tool"]["importlinter"]
    return found


def packages() -> list[str]:
    return list(linter_settings()["root_packages"])


class Copy:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in packages():
            shutil.copytree(
                ROOT / package, folder / package, ignore=_all_but_python, symlinks=True, ignore_dangling_symlinks=True
            )
        shutil.copy(ROOT / "pyproject.toml", folder)

    def plant(self, file: str, line: str) -> None:
        """Adds a line to a module, or makes a module of it."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")

    def restore(self, file: str) -> None:
        original = ROOT / file
        if original.exists():
            shutil.copy(original, self.folder / file)
        else:
            (self.folder / file).unlink()

    def lint(self, *contracts: str) -> subprocess.CompletedProcess[str]:
        chosen = [argument for contract in contracts for argument in ("--contract", contract)]
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *chosen]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)


def _all_but_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not Path(folder, name).is_dir()} | {"__pycache__"}
