"""`python -m outbox_relay`: the relay with the addresses of the environment."""

from __future__ import annotations

import sys

from eventing.errors import OrderloomError
from eventing.settings import read_settings
from outbox_relay.wiring import run


def main() -> int:
    try:
        run(read_settings(), lambda address: print(address, flush=True))  # noqa: T201 - the one line that scripts read
    except OrderloomError as error:
        sys.stderr.write(f"orders: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
