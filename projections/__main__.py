"""`python -m projections [MODEL…]`: the projector with the addresses of the environment."""

from __future__ import annotations

import sys

from eventing.errors import OrderloomError
from eventing.settings import read_settings
from projections.wiring import run


def main() -> int:
    try:
        run(read_settings(), sys.argv[1:], lambda address: print(address, flush=True))  # noqa: T201 - for scripts
    except OrderloomError as error:
        sys.stderr.write(f"orders: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
