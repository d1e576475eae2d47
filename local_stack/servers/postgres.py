"""PostgreSQL, as durable as in production: fsync stays on."""

from __future__ import annotations

import re
import secrets
import shutil
import signal

import psycopg
from psycopg import sql

from eventing.errors import Misconfigured
from local_stack import processes
from local_stack.server import Server
from local_stack.site import Site
from local_stack.state import HOST

USER = "orders"
DATABASES = ("orders", "registry")
REASON = re.compile(r"FATAL|PANIC|error:")
"""The lines of initdb that say why it failed."""

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_level": "logical",  # change data capture can be compared with the relay
    "max_wal_size": "2GB",
    "log_line_prefix": "%m [%p] ",
}


class Postgres(Server):
    name = "postgres"
    title = "PostgreSQL"
    port_names = ("postgres",)
    stop_signal = signal.SIGINT  # the fast shutdown: sessions are ended, data are flushed

    def prepare(self, site: Site) -> None:
        if not (site.data(self.name) / "PG_VERSION").exists():
            self._initialise(site)
        # Left by a killed server. No process of ours lives when this is called, so it can name a stranger only.
        (site.data(self.name) / "postmaster.pid").unlink(missing_ok=True)

    def command(self, site: Site) -> list[str]:
        settings = {**SETTINGS, "port": str(site.port("postgres"))}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(site.programs["postgres"] / "postgres"), "-D", str(site.data(self.name)), *arguments]

    def check(self, site: Site) -> None:
        with self._connect(site) as connection:
            found = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
            for database in DATABASES:
                if database not in found:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def version(self, site: Site, /) -> str:
        with self._connect(site) as connection:
            return str(connection.info.parameter_status("server_version")).split(" ")[0]

    def _connect(self, site: Site) -> psycopg.Connection:
        return psycopg.connect(
            host=HOST,
            port=site.port("postgres"),
            user=USER,
            password=site.state.postgres_password,
            dbname="postgres",
            connect_timeout=2,
            autocommit=True,
        )

    def _initialise(self, site: Site) -> None:
        """Made beside its place and moved there when it is whole: initdb can be killed halfway like anything else."""
        place = site.data(self.name)
        for abandoned in place.parent.glob(f".{self.name}.*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        fresh = place.with_name(f".{self.name}.{secrets.token_hex(4)}")
        password = site.account.write(site.config(self.name) / "password", site.state.postgres_password)
        command = [
            str(site.programs["postgres"] / "initdb"),
            *("-D", str(fresh), "-U", USER, "--auth=scram-sha-256", f"--pwfile={password}"),
            *("--encoding=UTF8", "--locale=C", "--no-instructions"),
        ]
        done = processes.run(command, self.kind(site), site.account)
        password.unlink()
        if done.returncode:
            said = "\n".join(f"    {line}" for line in done.stdout.split("\n") if REASON.search(line))
            raise Misconfigured(f"initdb could not make a cluster in {place}:\n{said or done.stdout.rstrip()}")
        fresh.replace(place)
