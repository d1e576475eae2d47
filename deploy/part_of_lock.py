"""Prints those lines of requirements.lock that a part of the platform needs: `part_of_lock.py orders` or `builder`.

pip works out which packages these are, held to the versions of the lock; the lines with their hashes are the lock's
own. Run while the image is built, with nothing installed but pip.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path


def requirements_of(part: str, project: Path) -> list[str]:
    content = tomllib.loads(project.read_text(encoding="utf-8"))
    lists = {"orders": content["project"]["dependencies"], "builder": content["build-system"]["requires"]}
    return list(lists[part])


def entries(lock: str) -> dict[str, list[str]]:
    """Each package's entries: one has several when the version depends on the Python."""
    found: dict[str, list[str]] = {}
    for entry in re.findall(r"^\w[^\n]*(?:\n[ \t]+[^\n]*)*", lock, re.MULTILINE):
        found.setdefault(plain(re.split(r"[\[=<>~!;\s]", entry, maxsplit=1)[0]), []).append(entry)
    return found


def pins(lock: str) -> str:
    """The versions alone: pip takes no hashes where it still has to find out what is needed."""
    firsts = (entry.split("\\\n")[0].strip() for found in entries(lock).values() for entry in found)
    return "".join(re.sub(r"\[[^\]]*\]", "", first) + "\n" for first in firsts)


def part(lock: str, names: Iterable[str]) -> str:
    found = entries(lock)
    if missing := sorted(name for name in names if plain(name) not in found):
        sys.exit(f"requirements.lock lacks {', '.join(missing)}: run `make lock`.")
    return "".join(entry + "\n" for name in sorted({plain(name) for name in names}) for entry in found[name])


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(requirements: Sequence[str], constraints: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        held, report = Path(folder) / "pins.txt", Path(folder) / "report.json"
        held.write_text(constraints, encoding="utf-8")
        asking = ["install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", *asking, "--report", str(report), "-c", str(held), *requirements]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            sys.exit("pip could not work out what the image needs: see its words above.")
        return [each["metadata"]["name"] for each in json.loads(report.read_text(encoding="utf-8"))["install"]]


if __name__ == "__main__":
    locked = Path("requirements.lock").read_text(encoding="utf-8")
    sys.stdout.write(part(locked, needed(requirements_of(sys.argv[1], Path("pyproject.toml")), pins(locked))))
