"""The pinned list of what is downloaded: each artifact by version, size and SHA-256."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Artifact:
    program: str
    group: str
    artifact: str
    version: str
    packaging: str
    classifier: str
    bytes: int
    sha256: str

    @property
    def file_name(self) -> str:
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{classifier}.{self.packaging}"

    @property
    def path(self) -> str:
        """Where a Maven repository keeps it."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.file_name}"


@cache
def pinned() -> tuple[Artifact, ...]:
    text = resources.files("local_stack").joinpath("artifacts.tsv").read_text(encoding="utf-8")
    return tuple(
        Artifact(**{**row, "bytes": int(row["bytes"])})  # type: ignore[arg-type]
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    )


def of_program(program: str) -> tuple[Artifact, ...]:
    return tuple(each for each in pinned() if each.program == program)


def version_of(program: str) -> str:
    """The version of the artifact that the program is named after: the largest of its list says it best."""
    named = {"kafka": "kafka_2.13", "elasticsearch": "elasticsearch", "registry": "apicurio-registry-app"}[program]
    return next(each.version for each in of_program(program) if each.artifact == named)


def fingerprint(program: str) -> str:
    return hashlib.sha256("".join(each.sha256 for each in of_program(program)).encode()).hexdigest()[:12]
