from __future__ import annotations

import re

import pytest

from local_stack import artifacts


def test_every_artifact_is_pinned_by_version_size_and_hash() -> None:
    for each in artifacts.pinned():
        assert re.fullmatch(r"[0-9a-f]{64}", each.sha256), each
        assert re.match(r"\d", each.version), each
        assert each.bytes > 0, each


def test_no_artifact_stands_twice() -> None:
    names = [each.file_name for each in artifacts.pinned()]

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("program", "version"), [("kafka", "4.3.1"), ("elasticsearch", "8.18.0"), ("registry", "3.3.3")]
)
def test_the_programs_have_the_versions_that_are_known_to_work(program: str, version: str) -> None:
    assert artifacts.version_of(program) == version


def test_a_path_is_where_a_repository_keeps_the_artifact() -> None:
    registry = artifacts.of_program("registry")[0]

    assert registry.path == "io/apicurio/apicurio-registry-app/3.3.3/apicurio-registry-app-3.3.3-all.tar.gz"
