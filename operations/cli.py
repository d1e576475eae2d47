"""The `orders` command: finds every `operations/commands/*.py` and hangs its `app` in under the file's name."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer
from rich.console import Console

from eventing.errors import OrderloomError
from operations import commands

EXIT_FAILED = 2


def build() -> typer.Typer:
    root = typer.Typer(
        name="orders",
        help="The order platform's command line.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda found: found.name):
        importlib.import_module(f"{commands.__name__}.{module.name}").hang_in(root)
    return root


def main() -> None:
    """Every expected failure is one sentence on stderr and exit status 2; a trace is a bug of ours."""
    try:
        build()()
    except OrderloomError as error:
        Console(stderr=True, highlight=False).print(f"[red]orders:[/] {error}", markup=True)
        sys.exit(EXIT_FAILED)
