"""Two platforms of one folder would share a database and not the payment provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventing.errors import Misconfigured
from eventing.settings import Settings
from operations.demo import run, standing
from operations.demo.alone import alone
from operations.demo.screen import Screen
from operations.demo.stage import Stage


def stage_in(folder: Path) -> Stage:
    return Stage(Settings(stack_dir=folder), Screen())


def test_a_second_one_in_the_same_folder_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with alone(stage_in(tmp_path)), pytest.raises(Misconfigured, match="runs already"), alone(stage_in(tmp_path)):
        pass

    with alone(stage_in(tmp_path)):
        pass


def test_one_in_another_folder_is_welcome(tmp_path: Path) -> None:
    with alone(stage_in(tmp_path / "one")), alone(stage_in(tmp_path / "two")):
        pass


def test_demo_and_up_begin_with_it() -> None:
    assert run.STEPS[0] is alone
    assert standing.STEPS[0] is alone


def test_a_folder_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder")

    with (
        pytest.raises(Misconfigured, match="name another folder in ORDERS_STACK_DIR"),
        alone(stage_in(tmp_path / "taken")),
    ):
        pass
