"""`orders doctor`: is everything there that the platform needs, and if not, what to do."""

from __future__ import annotations

import dataclasses

import typer
from rich.text import Text

from operations import output


def hang_in(root: typer.Typer) -> None:
    root.command("doctor")(doctor)


def doctor(json: output.Json = False, quiet: output.Quiet = False) -> int:
    """Check Python, memory, disk, ports, versions and servers; say how to fix what is not right, and exit 1."""
    from operations.doctor import examine

    findings = examine()
    wrong = [finding for finding in findings if not finding.ok]
    if json:
        output.show_json({"ok": not wrong, "checks": [dataclasses.asdict(finding) for finding in findings]})
    else:
        output.show_table(
            ("", "check", "found"),
            [(_mark(finding.ok), finding.name, finding.says) for finding in (wrong if quiet else findings)],
        )
    return 1 if wrong else 0


def _mark(ok: bool) -> Text:
    return Text("✓ ok", style="green") if ok else Text("✗ no", style="red")
