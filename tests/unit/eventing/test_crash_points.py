"""A crash point kills at the pass that was asked for, never outside tests, and a wrong name is noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from eventing.crash_points import EXIT_STATUS, Count, arm, reach, read_tally
from eventing.errors import Misconfigured
from operations import cli


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


def test_passes_and_deaths_of_several_processes_are_counted_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "tally"
    program = (
        "import sys; from pathlib import Path; from eventing.crash_points import arm, reach\n"
        "arm(sys.argv[2] or None, environment='test', tally=Path(sys.argv[1]))\n"
        "reach('relay.produced'); reach('relay.acknowledged'); reach('relay.produced')\n"
    )
    for wanted in ("", "relay.produced:2"):
        subprocess.run([sys.executable, "-c", program, str(file), wanted], check=False)

    counts = read_tally(file)
    assert (counts["relay.produced"], counts["relay.acknowledged"]) == (Count(4, 1), Count(2, 0))
    assert counts["saga.claimed"] == Count(0, 0)


def test_counting_is_refused_outside_tests(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="ORDERS_ENVIRONMENT=test"):
        arm(None, environment="production", tally=tmp_path / "tally")


def test_where_nothing_can_be_counted_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="can't be written to"):
        arm(None, environment="test", tally=tmp_path / "none" / "tally")


def test_they_are_listed_with_their_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tally"
    file.write_text("relay.produced\nrelay.produced!\n", encoding="utf-8")

    assert cli.run(["crashpoints", "--json", "--tally", str(file)]) == 0
    listed = {point["name"]: point for point in json.loads(capsys.readouterr().out)}
    assert (listed["relay.produced"]["passed"], listed["relay.produced"]["died"]) == (2, 1)
    assert listed["relay.produced"]["where"] == ["outbox_relay/leading.py"]

    assert cli.run(["crashpoints"]) == 0
    assert f"{len(listed)} crash points." in capsys.readouterr().out


def test_a_tally_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["crashpoints", "--tally", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("orders: There is no ")
