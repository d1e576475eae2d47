from __future__ import annotations

import pytest

from benchmarks.contest import WrongResultError
from benchmarks.peers.pgbench import environment, latency, number


def test_the_address_reaches_pgbench_without_a_password_on_its_command_line() -> None:
    assert environment("postgresql://ann:secret@db.example:5433/bench") == {
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "ann",
        "PGPASSWORD": "secret",
        "PGDATABASE": "bench",
    }


def test_a_latency_is_read_from_a_line_of_its_log() -> None:
    # client, transaction, latency, script, epoch, microseconds, lag: the latency counts from the due time
    assert latency("3 17 1250 0 1793000000 400000 250") == 0.00125


def test_output_that_says_no_figure_is_not_taken_for_zero() -> None:
    with pytest.raises(WrongResultError, match="nothing like"):
        number("pgbench: error: connection refused", r"actually processed: (\d+)")
