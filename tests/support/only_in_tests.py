"""Parts of the platform as tests run them: the real ones, or with something broken on purpose.

Whatever has a part broken on purpose refuses to run anywhere but in tests, in one sentence and with status 2.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from eventing.errors import OrderloomError
from eventing.settings import Settings, read_settings
from tests.support.end_with_parent import end_with_parent

EXIT_NOT_DONE = 2
Announce = Callable[[str], None]


def settings_of_tests() -> Settings:
    settings = read_settings()
    if settings.environment != "test":
        sys.stderr.write("orders: mutants break the platform on purpose: they run with ORDERS_ENVIRONMENT=test only.\n")
        sys.exit(EXIT_NOT_DONE)
    return settings


def run_in_a_test(run: Callable[[Settings, Announce], object]) -> int:
    """Until it is told to end, or for as long as the test lives. Its first line is the address that it announces."""
    end_with_parent()
    try:
        run(settings_of_tests(), announce)
    except OrderloomError as error:
        sys.stderr.write(f"orders: {error}\n")
        return EXIT_NOT_DONE
    return 0


def announce(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
