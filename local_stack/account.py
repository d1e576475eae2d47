"""Under whose name the servers run: the user's own, or, when root starts them, an unprivileged account."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventing.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def can_enter(self, folder: Path) -> bool:
        """Asked by trying: modes, access lists and mounts all have a say."""
        if not self.is_other:
            return True
        check = ["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', str(folder)]
        return subprocess.run(check, check=False, cwd="/", **self.popen_arguments()).returncode == 0

    def make_own(self, folder: Path) -> Path:
        """A folder that belongs to the account, for nobody else to read."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.is_other:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)
        return folder

    def write(self, path: Path, text: str) -> Path:
        """A file for the account alone; replaced whole, so that a reader never sees half of it."""
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if self.is_other:
            os.chown(new, self.uid, self.gid)
        return new.replace(path)


def account_for_servers(user: str) -> Account:
    if os.geteuid() != 0:
        return Account(f"user {os.geteuid()}", os.geteuid(), os.getegid())
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        raise Misconfigured(f"there is no user {user!r} on this machine: set ORDERS_STACK_USER to one.") from None
    if found.pw_uid == 0:
        raise Misconfigured(
            "PostgreSQL and Elasticsearch refuse to run as root: set ORDERS_STACK_USER to another user."
        )
    return Account(user, found.pw_uid, found.pw_gid)
