"""`python -m saga_choreography inventory payment …`: participants with the addresses of the environment."""

from __future__ import annotations

import sys

from eventing.errors import OrderloomError
from eventing.settings import read_settings
from saga_choreography.wiring import ALL, run


def main() -> int:
    try:
        run(
            read_settings(),
            sys.argv[1:] or [ALL],
            lambda address: print(address, flush=True),  # noqa: T201 - the one line that scripts read
        )
    except OrderloomError as error:
        sys.stderr.write(f"orders: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
