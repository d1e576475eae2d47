"""`orders stack`: the five servers on this machine, without Docker."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from eventing.errors import Misconfigured
from operations import output

if TYPE_CHECKING:
    from local_stack.status import ServerStatus

Name = Annotated[str, typer.Argument(help="postgres, kafka, elasticsearch, redis or registry")]


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="stack", help="The five servers on this machine, without Docker.", no_args_is_help=True)
    group.command("up")(up)
    group.command("status")(status)
    group.command("logs")(logs)
    group.command("down")(down)
    group.command("reset")(reset)
    root.add_typer(group)


def up(json: output.Json = False, quiet: output.Quiet = False) -> None:
    """Start what does not run yet, and wait until all five do what they are asked."""
    from dataclasses import asdict

    from local_stack.stack import Stack
    from operations.stack_progress import StackProgress

    stack = Stack()
    with StackProgress(quiet=quiet or json) as progress:
        addresses = stack.up(progress)
    if json:
        output.show_json({**asdict(addresses), "already_running": progress.found_all})
        return
    if progress.found_all:
        output.show("The local stack is already running.")
    rows = [
        (name.removesuffix("_url").removesuffix("_bootstrap"), address) for name, address in asdict(addresses).items()
    ]
    output.show_table(["server", "address"], rows)


def status(json: output.Json = False) -> int:
    """Show each server: version, address, process, memory, uptime, and whether it answers."""
    from dataclasses import asdict

    from local_stack.stack import Stack
    from local_stack.status import status_of

    found = status_of(Stack().dir)
    if json:
        output.show_json([asdict(each) for each in found])
    else:
        output.show_table(["server", "version", "address", "pid", "memory", "up for", "answers"], map(_row, found))
    return 0 if all(each.answers for each in found) else 1


def logs(
    name: Name,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    json: output.Json = False,
) -> None:
    """Show the last lines of a server's log."""
    from local_stack.logs import last_lines
    from local_stack.stack import SERVERS, Stack, look_at

    names = [each.name for each in SERVERS]
    if name not in names:
        raise Misconfigured(f"there is no server {name!r}: name one of {', '.join(names)}.")
    site = look_at(Stack().dir)
    if site is None or not site.log(name).exists():
        raise Misconfigured(f"{name} has never run here: start it with `orders stack up`.")
    last = last_lines(site.log(name), lines)
    if json:
        output.show_json(last)
        return
    for line in last:
        typer.echo(line)
    if follow:
        _follow(str(site.log(name)))


def down(json: output.Json = False, quiet: output.Quiet = False) -> None:
    """Stop the servers; the data stay."""
    from local_stack.stack import Stack
    from operations.stack_progress import StackProgress

    with StackProgress(quiet=quiet or json) as progress:
        stopped = Stack().down(progress)
    if json:
        output.show_json([each.name for each in stopped])
    else:
        output.show("The local stack has stopped; its data stay." if stopped else "The local stack was not running.")


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> None:
    """Stop the servers and wipe their data, after asking."""
    from local_stack.stack import Stack
    from operations.stack_progress import StackProgress

    stack = Stack()
    if not yes:
        _ask(f"This wipes all data of the local stack in {stack.dir}.")
    with StackProgress(quiet=quiet or json) as progress:
        stack.reset(progress)
    if json:
        output.show_json({"wiped": str(stack.dir)})
    else:
        output.show("The data are wiped; `orders stack up` begins anew.")


def _ask(warning: str) -> None:
    if not sys.stdin.isatty():
        raise Misconfigured(f"{warning} Say --yes to do it without being asked.")
    if typer.prompt(f'{warning} Type "yes" to do it', default="no") != "yes":
        raise typer.Abort


def _row(each: ServerStatus) -> tuple[object, ...]:
    memory = f"{each.memory_bytes / 1e6:.0f} MB" if each.pid else ""
    up_for = _duration(each.uptime_seconds) if each.pid else ""
    answer = "yes" if each.answers else f"no: {each.trouble}"
    return each.title, each.version, each.address, each.pid, memory, up_for, answer


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _follow(path: str) -> None:
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        file.seek(0, 2)
        while True:
            if text := file.read():
                typer.echo(text, nl=False)
            else:
                time.sleep(0.2)
