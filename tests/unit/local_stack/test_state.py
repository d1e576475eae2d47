from __future__ import annotations

from pathlib import Path

import pytest

from eventing.errors import Misconfigured
from local_stack import state
from local_stack.options import PORT_NAMES
from local_stack.state import State

STATE = State("nobody", 65534, False, dict(zip(PORT_NAMES, range(1, 7), strict=True)), "secret")


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    state.save(tmp_path, STATE)

    assert state.load(tmp_path) == STATE


def test_the_file_holds_a_password_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    state.save(tmp_path, STATE)

    assert (tmp_path / state.FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_without_a_file_there_is_no_stack(tmp_path: Path) -> None:
    assert state.load(tmp_path) is None
    assert state.read(tmp_path) is None


def test_a_stack_that_is_written_down_but_does_not_run_has_no_addresses(tmp_path: Path) -> None:
    state.save(tmp_path, STATE)

    assert state.read(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ports": {}}', "null"])
def test_a_torn_file_is_one_sentence_that_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / state.FILE_NAME).write_text(text)

    with pytest.raises(Misconfigured, match="can't be read: wipe the stack with `orders stack reset`"):
        state.load(tmp_path)
