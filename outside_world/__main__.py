"""`python -m outside_world payments|carrier --port 0 --ledger FILE`: says where it answers as one line of JSON."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from eventing.errors import OrderloomError
from outside_world.wiring import TRADES, run


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m outside_world", description=__doc__)
    parser.add_argument("service", choices=sorted(TRADES))
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--ledger", type=Path, required=True, help="a file; it is made if it is not there")
    given = parser.parse_args(arguments)
    try:
        run(given.service, given.ledger, _announce, port=given.port, host=given.host)
    except OrderloomError as error:
        sys.stderr.write(f"outside_world: {error}\n")
        return 2
    return 0


def _announce(where: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
