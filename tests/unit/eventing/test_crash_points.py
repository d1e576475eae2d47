"""A crash point kills at the pass that was asked for, never outside tests, and a wrong name is noticed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from eventing.crash_points import EXIT_STATUS, arm, reach
from eventing.errors import Misconfigured


def test_the_process_dies_at_the_pass_that_was_asked_for() -> None:
    program = (
        "from eventing.crash_points import arm, reach\n"
        "arm('commands.committed:2', environment='test')\n"
        "reach('commands.committed'); reach('relay.produced'); print('one', flush=True)\n"
        "reach('commands.committed'); print('two', flush=True)\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (EXIT_STATUS, "one\n")


def test_outside_tests_it_is_refused() -> None:
    with pytest.raises(Misconfigured, match="ORDERS_ENVIRONMENT=test"):
        arm("commands.committed:1", environment="production")


@pytest.mark.parametrize("wanted", ["nowhere:1", "commands.committed", "commands.committed:0", "commands.committed:x"])
def test_a_wrong_name_or_pass_is_refused(wanted: str) -> None:
    with pytest.raises(Misconfigured, match="not name:pass"):
        arm(wanted, environment="test")


def test_unarmed_it_does_nothing() -> None:
    arm(None, environment="production")

    reach("commands.committed")
