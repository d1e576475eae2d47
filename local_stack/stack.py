"""The stack: five servers that start together, are found again, are repaired, and end together."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from eventing.errors import Misconfigured
from local_stack import lifecycle, ports, processes, programs, shelter, state
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

NO_SPACE = os.strerror(errno.ENOSPC)
"""As it stands in what a server says, too."""
FREE_SPACE = "Free some space, then repeat; nothing half-written is used."

SERVERS: tuple[Server, ...] = (Postgres(), Kafka(), Elasticsearch(), Redis(), Registry())


class Stack:
    def __init__(self, stack_dir: Path | None = None, options: Options | None = None) -> None:
        """Without a folder, the one that the settings name."""
        given = options or stack_options.from_settings()
        self.options = replace(given, stack_dir=stack_dir.absolute()) if stack_dir else given
        self.dir = self.options.stack_dir

    def up(self, on_progress: OnProgress = silent) -> Addresses:
        """Returns when all five do what they are asked. Servers that run already are left as they are."""
        with self._work(on_progress):
            site = self._prepare(on_progress)
            lifecycle.start_all(SERVERS, site, on_progress)
            return site.state.addresses

    def down(self, on_progress: OnProgress = silent) -> list[Server]:
        """Stops what runs, and says what that was. The data stay."""
        with self._work(on_progress):
            site = look_at(self.dir)
            return lifecycle.stop_all(SERVERS, site, on_progress) if site else []

    def reset(self, on_progress: OnProgress = silent) -> None:
        """Stops what runs and wipes the data, also of a stack whose state can't be read. The next `up` begins anew."""
        with self._work(on_progress):
            account = account_for_servers(self.options.user)
            known = state.load_or_none(self.dir) or self._new_state(account, {})
            site = _site(self.dir, known)
            lifecycle.stop_all(SERVERS, site, on_progress)
            if site.home.exists():
                shutil.rmtree(site.home)
            (self.dir / state.FILE_NAME).unlink(missing_ok=True)

    @contextmanager
    def _work(self, on_progress: OnProgress) -> Iterator[None]:
        """One command at a time; what the file system refuses is said in a sentence."""
        try:
            self.dir.mkdir(parents=True, exist_ok=True)
            with exclusive(self.dir / "lock", lambda: on_progress(Step("stack", "waiting"))):
                yield
        except OSError as error:
            raise Misconfigured(f"{error.filename or self._fullest()}: {error.strerror}. {_remedy(error)}") from error
        except Misconfigured as error:
            if NO_SPACE not in str(error):
                raise
            raise Misconfigured(f"the disk of {self.dir} is full. {FREE_SPACE} What was said:\n{error}") from None

    def _fullest(self) -> Path:
        """Which folder is meant, when the file system names none."""
        return min(
            (folder for folder in (self.options.cache_dir, self.dir) if folder.exists()),
            key=lambda folder: shutil.disk_usage(folder).free,
            default=self.dir,
        )

    def _prepare(self, on_progress: OnProgress) -> Site:
        """All but starting. The state is written before the first server is started: a killed start is found again."""
        account = account_for_servers(self.options.user)
        known = self._known(account)
        before = _site(self.dir, known or self._new_state(account, {}))
        if known is None:
            if before.data("postgres").parent.exists():
                raise Misconfigured(f"{self.dir / state.FILE_NAME} is gone, the data are not: `orders stack reset`.")
            lifecycle.stop_all(SERVERS, before, on_progress)  # of a stack whose folder was removed while it ran
        found = programs.locate(self.options, account, before.data("postgres"), on_progress)
        chosen = ports.choose(self.options.ports, before.state.ports, _running_ports(before))
        site = Site(before.home, replace(before.state, ports=chosen), account, found)
        state.save(self.dir, site.state)
        return site

    def _known(self, account: Account) -> State | None:
        known = state.load(self.dir)
        if known and known.uid != account.uid:
            raise Misconfigured(
                f"the stack in {self.dir} is that of {known.account}, not of {account.name}:"
                " start it as the one who made it, or wipe it with `orders stack reset`."
            )
        return known

    def _new_state(self, account: Account, chosen: dict[str, int]) -> State:
        sheltered = not account.can_enter(self.dir)
        if sheltered:
            shelter.opened("stacks")
        return State(account.name, account.uid, sheltered, chosen, secrets.token_urlsafe(18))


def look_at(stack_dir: Path) -> Site | None:
    """A stack as it is, for whoever asks and does not start anything."""
    known = state.load(stack_dir)
    return _site(stack_dir, known) if known else None


def _site(stack_dir: Path, known: State) -> Site:
    home = shelter.home_of(stack_dir.absolute(), sheltered=known.sheltered)
    return Site(home, known, Account(known.account, known.uid, known.uid), {})


def _running(site: Site) -> list[Server]:
    found = processes.find([each.kind(site) for each in SERVERS])
    return [each for each in SERVERS if found[each.kind(site)]]


def _running_ports(site: Site) -> dict[str, int]:
    return {name: site.port(name) for each in _running(site) for name in each.port_names if name in site.state.ports}


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FREE_SPACE
    return "Set ORDERS_STACK_DIR and ORDERS_CACHE_DIR to folders that you may write to."
