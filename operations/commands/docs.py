"""`orders docs`: the documents of the APIs and of the topics, made from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="docs", help="Documents of the APIs and of the topics.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("generate")(generate)
    root.add_typer(group)


def generate(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where they are written.")] = Path("docs/api"),
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> None:
    """Write the OpenAPI documents of both APIs and the AsyncAPI document of the topics."""
    from operations.api_documents import write

    written = write(folder)
    if json:
        output.show_json({"written": written})
        return
    for name in written:
        output.show(f"{folder / name} is written.")
    if not written:
        output.remark("Nothing to do: they are what the code says.", quiet=quiet)
