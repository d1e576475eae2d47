"""`orders stock`: whether the levels are what the events say, and making them so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from operations import output

if TYPE_CHECKING:
    from operations.stock_levels import Difference, Level


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(
        name="stock", help="Compare the levels of stock with their events, and mend them.", no_args_is_help=True
    )
    group.command("verify")(verify)
    group.command("rebuild")(rebuild)
    root.add_typer(group)


def verify(json: output.Json = False) -> int:
    """Compare each product's level with its events, as of one moment; exit status 1 if any differs.

    Selling may go on meanwhile.
    """
    from operations.event_store import postgres_url
    from operations.stock_levels import differences

    found = differences(postgres_url())
    _show(found, json=json, well="The levels are what the events say.")
    return 1 if found else 0


def rebuild(json: output.Json = False) -> None:
    """Write into the table what the events say. What moves stock waits until it is done; nothing is lost."""
    from operations.event_store import postgres_url
    from operations.stock_levels import rebuild as rebuilt

    _show(rebuilt(postgres_url()), json=json, well="Nothing was different.")


def _show(found: Sequence[Difference], *, json: bool, well: str) -> None:
    if json:
        output.show_json(
            {
                "differences": [
                    {"sku": each.sku, "in_table": _level(each.in_table), "by_events": _level(each.by_events)}
                    for each in found
                ]
            }
        )
    elif found:
        rows = [(each.sku, *_cells(each.in_table), *_cells(each.by_events)) for each in found]
        columns = ("product", "available", "promised", "available by events", "promised by events")
        output.show_table(columns, rows)
    else:
        output.show(well)


def _level(level: Level | None) -> dict[str, int] | None:
    return None if level is None else level._asdict()


def _cells(level: Level | None) -> tuple[object, object]:
    return (None, None) if level is None else (level.available, level.reserved)
