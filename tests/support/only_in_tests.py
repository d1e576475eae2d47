"""Whatever has a part broken on purpose refuses to run anywhere but in tests, in one sentence and with status 2."""

from __future__ import annotations

import sys

from eventing.settings import Settings, read_settings

EXIT_NOT_DONE = 2


def settings_of_tests() -> Settings:
    settings = read_settings()
    if settings.environment != "test":
        sys.stderr.write("orders: mutants break the platform on purpose: they run with ORDERS_ENVIRONMENT=test only.\n")
        sys.exit(EXIT_NOT_DONE)
    return settings
