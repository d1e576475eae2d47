"""The stack: five servers that start together, are found again, are repaired, and end together."""

from __future__ import annotations

import errno
import hashlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from eventing.errors import Misconfigured
from local_stack import lifecycle, ports, processes, programs, state
from local_stack import options as stack_options
from local_stack.account import Account, account_for_servers
from local_stack.locks import exclusive
from local_stack.options import Options
from local_stack.progress import OnProgress, Step, silent
from local_stack.server import Server
from local_stack.servers.elasticsearch import Elasticsearch
from local_stack.servers.kafka import Kafka
from local_stack.servers.postgres import Postgres
from local_stack.servers.redis import Redis
from local_stack.servers.registry import Registry
from local_stack.site import Site
from local_stack.state import Addresses, State

SERVERS: tuple[Server, ...] = (Postgres(), Kafka(), Elasticsearch(), Redis(), Registry())


class Stack:
    def __init__(self, stack_dir: Path | None = None, options: Options | None = None) -> None:
        """Without a folder, the one that the settings name."""
        given = options or stack_options.from_settings()
        self.options = replace(given, stack_dir=stack_dir.absolute()) if stack_dir else given
        self.dir = self.options.stack_dir

    def up(self, on_progress: OnProgress = silent) -> Addresses:
        """Returns when all five do what they are asked. Servers that run already are left as they are."""
        with self._lock(on_progress):
            site = self._site(on_progress)
            lifecycle.start_all(SERVERS, site, on_progress)
            return site.state.addresses

    def down(self, on_progress: OnProgress = silent) -> list[Server]:
        """Stops what runs, and says what that was. The data stay."""
        with self._lock(on_progress):
            return self._stop(on_progress)

    def reset(self, on_progress: OnProgress = silent) -> None:
        """Stops what runs and wipes the data. The next `up` begins anew."""
        with self._lock(on_progress):
            self._stop(on_progress)
            known = state.load_or_none(self.dir)
            shutil.rmtree(
                known.home if known else self._home(account_for_servers(self.options.user)), ignore_errors=True
            )
            (self.dir / state.FILE_NAME).unlink(missing_ok=True)

    def addresses(self) -> Addresses | None:
        """Where the servers answer; None if the stack does not run, or not whole."""
        return addresses_of(self.dir)

    def site(self) -> Site | None:
        """For looking at a stack as it is."""
        known = state.load(self.dir)
        return None if known is None else _asking(known)

    @contextmanager
    def _lock(self, on_progress: OnProgress) -> Iterator[None]:
        try:
            self.dir.mkdir(parents=True, exist_ok=True)
            with exclusive(self.dir / "lock", lambda: on_progress(Step("stack", "waiting"))):
                yield
        except OSError as error:
            raise Misconfigured(f"{error.filename or self.dir}: {error.strerror}. {_remedy(error)}") from error

    def _stop(self, on_progress: OnProgress) -> list[Server]:
        known = state.load(self.dir)
        return [] if known is None else lifecycle.stop_all(SERVERS, _asking(known), on_progress)

    def _site(self, on_progress: OnProgress) -> Site:
        account = account_for_servers(self.options.user)
        known = state.load(self.dir)
        home = known.home if known else self._home(account)
        if known is None and (home / "data").exists():
            raise Misconfigured(f"{self.dir / state.FILE_NAME} is gone, but the data are there: `orders stack reset`.")
        if known and known.uid != account.uid:
            raise Misconfigured(
                f"the stack in {self.dir} is that of {known.account}, not of {account.name}:"
                " start it as the one who made it, or wipe it with `orders stack reset`."
            )
        found = programs.locate(self.options, account, home / "data" / "postgres", on_progress)
        wanted = State(
            home=home,
            account=account.name,
            uid=account.uid,
            ports=ports.choose(self.options.ports, known.ports if known else {}, _running_ports(known)),
            postgres_password=known.postgres_password if known else secrets.token_urlsafe(18),
        )
        state.save(self.dir, wanted)
        return Site(wanted, account, found)

    def _home(self, account: Account) -> Path:
        """The servers' folders lie in the stack's, unless their account can't walk there."""
        if account.can_enter(self.dir):
            return self.dir / "servers"
        mark = hashlib.sha256(str(self.dir).encode()).hexdigest()[:12]
        return programs.SHELTER / "stacks" / mark


def addresses_of(stack_dir: Path) -> Addresses | None:
    known = state.load(stack_dir)
    if known is None or not all(processes.find([each.kind(_asking(known)) for each in SERVERS]).values()):
        return None
    return known.addresses


def _asking(known: State) -> Site:
    return Site(known, Account(known.account, known.uid, known.uid), {})


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space, then repeat; nothing half-written is used."
    return "Set ORDERS_STACK_DIR and ORDERS_CACHE_DIR to folders that you may write to."


def _running_ports(known: State | None) -> dict[str, int]:
    if known is None:
        return {}
    site = _asking(known)
    found = processes.find([each.kind(site) for each in SERVERS])
    running = [each for each in SERVERS if found[each.kind(site)]]
    return {name: known.ports[name] for each in running for name in each.port_names}
