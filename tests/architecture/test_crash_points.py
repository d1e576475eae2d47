"""Every crash point that the code reaches is declared with its place, and every declared one is reached there."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from eventing.crash_point_register import CRASH_POINTS
from tests.architecture.planting import ROOT
from tests.architecture.tracked import tracked_files

PACKAGES = ("eventing", "command_service", "outbox_relay", "saga_choreography", "projections", "operations")


def reached(files: dict[str, str]) -> dict[str, set[str]]:
    """Name → files, by what the code says and not by what it happens to run through."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reach":
                (name,) = node.args
                assert isinstance(name, ast.Constant), (
                    f"{path}:{node.lineno}: a name is written out where it is reached"
                )
                found[str(name.value)].add(path)
    return dict(found)


def product() -> dict[str, str]:
    modules = [path for path in tracked_files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in modules}


def test_what_is_reached_is_declared_and_what_is_declared_is_reached() -> None:
    assert reached(product()) == {name: set(point.where) for name, point in CRASH_POINTS.items()}


@pytest.mark.parametrize("planted", ['reach("relay.nowhere")', 'reach("relay.produced")'])
def test_a_place_that_is_not_declared_would_be_noticed(planted: str) -> None:
    module = str(Path("outbox_relay") / "planted.py")

    assert reached({**product(), module: planted}) != {name: set(point.where) for name, point in CRASH_POINTS.items()}


@pytest.mark.parametrize("name", CRASH_POINTS)
def test_each_says_what_it_leaves_and_what_would_be_lost(name: str) -> None:
    point = CRASH_POINTS[name]

    assert re.fullmatch(r"(commands|relay|saga|projector|rebuild)\.[a-z_]+", name)
    assert all(sentence.endswith(".") and len(sentence.split()) > 5 for sentence in (point.state, point.without))
