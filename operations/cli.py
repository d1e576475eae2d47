"""The `orders` command: finds every `operations/commands/*.py` and lets it hang itself in.

Exit status: 0 done; 1 something that was checked is not right; 2 it could not be done; 130 interrupted.
"""

from __future__ import annotations

import errno
import importlib
import pkgutil
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from eventing.errors import OrderloomError
from operations import commands, output

EXIT_NOT_DONE = 2
EXIT_INTERRUPTED = 130


def build() -> typer.Typer:
    root = typer.Typer(
        name="orders",
        help="Run, look into and look after the order platform.",
        epilog="Exit status: 0 done, 1 something checked is not right, 2 could not be done, 130 interrupted.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.callback()(_root)
    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda found: found.name):
        importlib.import_module(f"{commands.__name__}.{module.name}").hang_in(root)
    return root


def main() -> None:
    """Every expected failure is one sentence on stderr; a trace is a bug of ours."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    try:
        answer = build()(arguments, prog_name="orders", standalone_mode=False)
    except OrderloomError as error:
        output.show_error(str(error))
    except TyperException as error:
        _show_usage_error(error)
    except typer.Abort:
        output.show_error("stopped; nothing more was done.")
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        output.show_error(f"the disk is full{f' at {error.filename}' if error.filename else ''}: free some space.")
    else:
        return answer if isinstance(answer, int) else 0
    return EXIT_NOT_DONE


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        output.show(f"orderloom {version('orderloom')}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_say_version)
    ] = False,
) -> None: ...


def _show_usage_error(error: TyperException) -> None:
    """A group called without a command has already printed its help, and says nothing more."""
    if sentence := error.format_message().rstrip("."):
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "orders"
        output.show_error(f"{sentence}. Try `{path} --help`.")
