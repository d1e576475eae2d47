"""The lock holds what `pyproject.toml` asks for, each with hashes, and leaves open where it is fetched."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.planting import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)(.*?)(?=^\S|\Z)", LOCK, re.MULTILINE | re.DOTALL)


def wanted() -> list[Requirement]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        content = tomllib.load(file)
    groups = content["dependency-groups"].values()
    extras = content["project"]["optional-dependencies"].values()
    lists = [content["build-system"]["requires"], content["project"]["dependencies"], *extras, *groups]
    return [Requirement(line) for lines in lists for line in lines]


def test_the_lock_names_no_host() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^\s*(-i|--[a-z-]*(index|find-links|trusted-host))", LOCK, re.MULTILINE)


def test_everything_that_is_asked_for_is_pinned_to_a_version_that_fits() -> None:
    pinned: dict[str, list[Version]] = {}
    for name, version, _ in PINS:
        pinned.setdefault(canonicalize_name(name), []).append(Version(version))

    unfit = [
        str(requirement)
        for requirement in wanted()
        if not any(
            requirement.specifier.contains(version) for version in pinned.get(canonicalize_name(requirement.name), [])
        )
    ]

    assert not unfit, "run make lock"


def test_every_pin_has_hashes() -> None:
    assert PINS
    assert not [name for name, _, rest in PINS if "--hash=sha256:" not in rest]
