"""`python -m projections.query_api`: the query API alone, with its settings from the environment."""

from __future__ import annotations

import sys

from eventing.errors import OrderloomError
from eventing.settings import read_settings
from projections.query_api.wiring import run


def main() -> int:
    try:
        run(read_settings(), announce=lambda address: print(address, flush=True))  # noqa: T201
    except OrderloomError as error:
        print(f"orders: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
