"""How `orders` speaks, fails and ends, whatever the command is."""

from __future__ import annotations

import errno
import json
import subprocess
import sys

import pytest
import typer

from eventing.errors import Misconfigured
from operations import cli, output


def orders(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "operations", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("raised", "status", "sentence"),
    [
        (Misconfigured("port 1 is taken: set X."), 2, "orders: port 1 is taken: set X.\n"),
        (typer.Abort(), 2, "orders: stopped"),
        (KeyboardInterrupt(), 130, ""),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), 2, "the disk is full at /data/x"),
        (typer.Exit(1), 1, ""),
    ],
)
def test_an_expected_failure_is_one_sentence_and_a_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    status: int,
    sentence: str,
) -> None:
    def build() -> typer.Typer:
        root = typer.Typer(pretty_exceptions_enable=False)

        @root.command()
        def only() -> None:
            raise raised

        return root

    monkeypatch.setattr(cli, "build", build)

    assert cli.run([]) == status
    told = capsys.readouterr()
    assert sentence in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


def test_a_bug_is_not_dressed_up_as_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> typer.Typer:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "build", build)

    with pytest.raises(ZeroDivisionError):
        cli.run([])


@pytest.mark.parametrize("arguments", [("nonsense",), ("--nonsense",), ("config", "show", "too", "much")])
def test_wrong_usage_is_told_with_the_way_to_help(arguments: tuple[str, ...]) -> None:
    answer = orders(*arguments)

    assert answer.returncode == 2
    assert answer.stderr.startswith("orders: ")
    assert "--help`." in answer.stderr


def test_a_wrong_setting_is_one_sentence_and_status_2() -> None:
    answer = orders("config", "show", ORDERS_KAFKA__BOOTSTRAP_SERVER="x")

    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == (
        "orders: ORDERS_KAFKA__BOOTSTRAP_SERVER is not a setting: did you mean ORDERS_KAFKA__BOOTSTRAP_SERVERS? "
        "`orders config list` lists them all.\n"
    )


def test_help_loads_no_driver() -> None:
    """`orders --help` has to answer at once, and drivers are what takes time to import."""
    drivers = "psycopg", "sqlalchemy", "confluent_kafka", "elasticsearch", "redis", "fastapi", "jwt"
    script = f"import sys; from operations.cli import build; build(); print(sorted(set({drivers}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)

    assert loaded.stdout.strip() == "[]"


def test_every_command_has_a_sentence_of_help() -> None:
    def unexplained(command: object, path: str) -> list[str]:
        inner = getattr(command, "commands", {})
        found = [] if getattr(command, "help", "") else [path]
        return found + [line for name, child in inner.items() for line in unexplained(child, f"{path} {name}")]

    assert not unexplained(typer.main.get_command(cli.build()), "orders")


def test_version_is_told() -> None:
    assert orders("--version").stdout.startswith("orderloom ")


def test_a_pipe_gets_each_row_on_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_table(("name", "says"), [("a", "x" * 300), ("[bold]b[/]", None)])

    assert capsys.readouterr().out.splitlines() == ["name        says", "a           " + "x" * 300, "[bold]b[/]"]


def test_json_is_one_value_with_texts_for_what_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    from pathlib import Path

    output.show_json({"at": Path("/x"), "name": "é"})

    assert json.loads(capsys.readouterr().out) == {"at": "/x", "name": "é"}


def test_an_entry_is_one_line_in_a_pipe_and_folded_below_its_head_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "word " * 20
    output.show_entry("head", body)
    assert capsys.readouterr().out == f"head {body}\n"

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "40")
    output.show_entry("head", body)

    head, *below = capsys.readouterr().out.splitlines()
    assert "head" in head
    assert len(below) > 1
    assert all(line.startswith("    word") and len(line) <= 40 for line in below)
