"""The frozen schemas: one `.avsc` a version, written once by the tool, and a list of their digests.

A version that may be stored somewhere must be readable for ever. So a file is only ever added; a changed or missing
one is an error, and so is a class that has moved away from the schema of its version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from eventing.avro.derivation import derive
from eventing.catalogue import Catalogue, EventType, schema_file, version_of
from eventing.errors import Misconfigured

DIGESTS: Final = "SHA256SUMS"


def freeze(catalogue: Catalogue, folder: Path) -> list[str]:
    """Writes the schema of each class that has none yet, and answers the names of the new files."""
    complaints = [*changes(catalogue, folder)]
    if complaints:
        raise Misconfigured(" ".join(complaints))
    new = [(kind, cls) for kind in catalogue for cls in kind.classes if version_of(cls) not in kind.schemas]
    folder.mkdir(exist_ok=True)
    for kind, cls in new:
        (folder / schema_file(kind.name, version_of(cls))).write_text(text_of(kind, cls), "utf-8")
    (folder / DIGESTS).write_text(_digests(folder), "utf-8")
    return [schema_file(kind.name, version_of(cls)) for kind, cls in new]


def changes(catalogue: Catalogue, folder: Path) -> Iterator[str]:
    """What is not as it was frozen, a sentence each."""
    recorded = _recorded(folder)
    for file, digest in recorded.items():
        if not (folder / file).is_file():
            yield f"{file} is missing: events of this version may be stored; bring it back."
        elif _digest(folder / file) != digest:
            yield f"{file} was changed: put it back as it was and make the change a new version."
    for file in sorted(path.name for path in folder.glob("*.avsc") if path.name not in recorded):
        yield f"{file} is not in {DIGESTS}: let `orders schemas generate` write it, not a hand."
    for kind in catalogue:
        for cls in kind.classes:
            frozen = kind.schemas.get(version_of(cls))
            if frozen is not None and frozen != text_of(kind, cls):
                yield f"{cls.__name__} is not what {schema_file(kind.name, version_of(cls))} says: raise its version."


def missing(catalogue: Catalogue) -> Iterator[str]:
    for kind in catalogue:
        for version in range(1, kind.version + 1):
            if version not in kind.schemas:
                yield schema_file(kind.name, version)


def text_of(kind: EventType, cls: type) -> str:
    return json.dumps(derive(kind, cls), indent=2, ensure_ascii=False) + "\n"


def _recorded(folder: Path) -> dict[str, str]:
    file = folder / DIGESTS
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _digests(folder: Path) -> str:
    return "".join(f"{_digest(file)}  {file.name}\n" for file in sorted(folder.glob("*.avsc")))


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
