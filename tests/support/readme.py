"""The commands of the README, in the order in which somebody reads and types them."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def commands_under(heading: str) -> str:
    """All shell blocks of one section as one script: what a line sets, a later one uses."""
    text = README.read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if section is None:
        raise LookupError(f"the README has no section {heading!r}")
    blocks = re.findall(r"^```sh\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)
    if not blocks:
        raise LookupError(f"the README has no commands under {heading!r}")
    return "\n".join(blocks)
