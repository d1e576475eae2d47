"""`python -m tests.support.programs`: where the programs of the local stack lie, fetched first if they are missing.

For the builder of the stand-in images, which are made of the very same artifacts.
"""

from __future__ import annotations

from pathlib import Path

from local_stack import programs
from local_stack.account import account_for_servers
from local_stack.options import from_settings
from local_stack.progress import silent


def main() -> None:
    options = from_settings()
    found = programs.locate(options, account_for_servers(options.user), Path(), silent)
    for name, folder in found.items():
        print(name, folder)  # noqa: T201


if __name__ == "__main__":
    main()
