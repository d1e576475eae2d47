"""The page of all settings is what the program knows of them."""

from __future__ import annotations

from pathlib import Path

from operations.configuration import Described, every_setting

PAGE = Path(__file__).resolve().parents[3] / "docs/settings.md"


def row(setting: Described) -> str:
    default = "" if setting.default is None or setting.default == "" else f"`{setting.default}`"
    secret = "secret; " if setting.secret else ""
    return f"| `{setting.variable}` | {default} | {secret}{setting.means} |"


def test_the_page_has_a_row_for_each_setting_and_no_other() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `ORDERS_")]

    assert rows == [row(setting) for setting in every_setting()]


def test_every_setting_says_what_it_means() -> None:
    assert not [setting.variable for setting in every_setting() if not setting.means]
