"""The one file in which a stack is written down, and the addresses that others read from it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eventing.errors import Misconfigured
from local_stack import shelter
from local_stack.kinds import EXECUTABLES, kind_of

HOST = "127.0.0.1"
FILE_NAME = "state.json"


@dataclass(frozen=True, slots=True)
class Addresses:
    postgres_url: str
    kafka_bootstrap: str
    elasticsearch_url: str
    redis_url: str
    registry_url: str


@dataclass(frozen=True, slots=True)
class State:
    account: str
    uid: int
    sheltered: bool
    """Whether the servers' folders had to be put where their account can walk to."""
    ports: dict[str, int]
    postgres_password: str

    @property
    def addresses(self) -> Addresses:
        return Addresses(
            postgres_url=f"postgresql://orders:{self.postgres_password}@{HOST}:{self.ports['postgres']}/orders",
            kafka_bootstrap=f"{HOST}:{self.ports['kafka']}",
            elasticsearch_url=f"http://{HOST}:{self.ports['elasticsearch']}",
            redis_url=f"redis://{HOST}:{self.ports['redis']}/0",
            registry_url=f"http://{HOST}:{self.ports['registry']}/apis/ccompat/v7",
        )


def read(stack_dir: Path) -> Addresses | None:
    """Where the servers of a running stack answer; None if it does not run, or not whole."""
    known = load(stack_dir)
    if known is None:
        return None
    from local_stack import processes  # needs the extra `local`, which no container of the platform has

    home = shelter.home_of(stack_dir.absolute(), sheltered=known.sheltered)
    kinds = [kind_of(server, home, known.uid) for server in EXECUTABLES]
    return known.addresses if all(processes.find(kinds).values()) else None


def load(stack_dir: Path) -> State | None:
    path = stack_dir / FILE_NAME
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise Misconfigured(f"{path} belongs to another user: ask them, or set ORDERS_STACK_DIR.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Misconfigured(f"{path} can't be read: wipe the stack with `orders stack reset`.") from None


def load_or_none(stack_dir: Path) -> State | None:
    """For wiping, where a file that can't be read is no obstacle."""
    try:
        return load(stack_dir)
    except Misconfigured:
        return None


def save(stack_dir: Path, state: State) -> None:
    new = stack_dir / f".{FILE_NAME}.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(state), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(stack_dir / FILE_NAME)


def _parse(stored: dict[str, Any]) -> State:
    return State(
        account=str(stored["account"]),
        uid=int(stored["uid"]),
        sheltered=bool(stored.get("sheltered")),
        ports={str(name): int(port) for name, port in stored["ports"].items()},
        postgres_password=str(stored["postgres_password"]),
    )
