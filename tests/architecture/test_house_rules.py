"""What a reader of the repository can rely on, whoever wrote the last change."""

from __future__ import annotations

import re

import pytest

from tests.architecture.planting import ROOT
from tests.architecture.tracked import lines_of_text, tracked_files

LONGEST_MODULE = 300

# Put together here, because this file is looked through as well.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1", "maven", "org"),
        ("maven", "apache", "org"),
        ("npmjs", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("proxy", "golang", "org"),
    ]
]
PLACES_OF_ONE_MACHINE = [f"/{first}/" for first in ("work", "root", "tmp", "Users")]
UNFINISHED = ["".join(parts) for parts in [("TO", "DO"), ("FIX", "ME")]]


def found(pattern: str) -> list[str]:
    looked_for = re.compile(pattern)
    return [
        f"{path}:{number}: {line.strip()[:120]}" for path, number, line in lines_of_text() if looked_for.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    """Whoever installs decides where packages come from: a mirror has to do as well."""
    assert not found("|".join(re.escape(host) for host in REGISTRY_HOSTS))


def test_no_file_names_a_place_of_one_machine() -> None:
    places = "|".join(re.escape(place) for place in PLACES_OF_ONE_MACHINE)
    assert not found(rf"(?<![\w.$}}*-])({places})")


def test_nothing_is_left_for_later() -> None:
    assert not found(rf"\b({'|'.join(UNFINISHED)})\b")


def test_no_module_is_too_long_to_be_read_in_one_go() -> None:
    modules = [path for path in tracked_files() if path.suffix == ".py"]
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}

    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE}


@pytest.mark.parametrize("pattern", ["mock", "monkeypatch.setattr"])
def test_integration_tests_pretend_nothing(pattern: str) -> None:
    assert not [line for line in found(rf"\b{re.escape(pattern)}\b") if line.startswith("tests/integration/")]
