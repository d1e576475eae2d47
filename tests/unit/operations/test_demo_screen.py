from __future__ import annotations

import io
from collections import Counter

import pytest
from rich.console import Console

from operations.demo.board import STATES, Board
from operations.demo.screen import Screen, picture


@pytest.fixture
def board() -> Board:
    """As it is when every kind of thing has happened, with the longest names there are."""
    found = Board(stored=12_345, published=12_340)
    for outcome in ("order placed", "address changed", "refused: quantity_out_of_range", "sent twice, done once"):
        found.commands[outcome] = 9_999
    for number, (event, state) in enumerate(STATES.items()):
        found.count_event("order.placed", f"order-{number}")
        if state != "placed":
            found.count_event(event, f"order-{number}")
    for number in range(20):
        found.tell(f"Ada Byron ordered {number} × {'Coffee from Huila, Colombia, 1 kg ' * 3}")
    return found


def lines_of(board: Board, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(picture(board))
    return captured.get().splitlines()


def test_a_terminal_of_80_by_24_shows_all_of_it(board: Board) -> None:
    lines = lines_of(board, 80)

    assert len(lines) < 24
    assert lines[0] == "12345 events stored, 12340 published, 5 on their way.  Ctrl-C ends it."
    assert any("paid" in line and "sent twice" in line for line in lines), "side by side"
    assert "Ada Byron ordered 19 ×" in lines[-1]


def test_a_narrow_terminal_shows_the_totals_first(board: Board) -> None:
    assert lines_of(board, 50)[0].startswith("12345 events stored")


def test_plain_figures_end_without_a_dangling_sign(capsys: pytest.CaptureFixture[str]) -> None:
    first = Board(stored=26, commands=Counter({"order placed": 4}))

    Screen().refresh(first)

    assert capsys.readouterr().out == "4 orders placed, 26 events stored, 0 seen in Kafka, lag 26\n"
