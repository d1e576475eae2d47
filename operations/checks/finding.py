"""What a check found: one line for people, the same facts for programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from eventing.errors import Misconfigured
from eventing.settings import Settings

PATIENCE: Final = 2.5
"""Seconds that a check waits for any one answer; all of it takes at most three."""

_REASONS: Final = (
    ("connection refused", "connection refused"),
    ("timed? ?out|timeout", "no answer in time"),
    ("name or service not known|translate host name|resolve|name resolution", "its host name is not known"),
    ("transport failure", "no broker answers"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool
    says: str
    """A version and address, or a sentence on what is wrong and how to right it."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    look: Callable[[Settings], str]
    """Answers what was found; raises `Misconfigured` with the sentence when it is not right."""
    drivers: tuple[str, ...] = ()
    """What it imports: loaded before the clock starts, since that is not the server's time."""

    def run(self, settings: Settings) -> Finding:
        try:
            return Finding(self.name, ok=True, says=self.look(settings))
        except Misconfigured as wrong:
            return Finding(self.name, ok=False, says=str(wrong))
        except Exception as bug:  # noqa: BLE001
            # One check that breaks must not hide what the others find.
            says = f"{self.name} could not be checked: {type(bug).__name__}: {first_line(bug)}."
            return Finding(self.name, ok=False, says=says)


@dataclass(frozen=True, slots=True)
class Server:
    """The words that the checks of servers have in common. Its address is shown without secrets."""

    title: str
    variable: str
    address: str

    def found(self, version: str) -> str:
        return f"{self.title} {version} at {self.address}"

    def unreachable(self, why: object) -> Misconfigured:
        return Misconfigured(
            f"{self.title} can't be reached at {self.address} ({_reason(why)}): start it "
            f"(`orders stack up` starts a local one), or correct {self.variable}."
        )

    def refuses_us(self, why: object) -> Misconfigured:
        return Misconfigured(
            f"{self.title} at {self.address} refuses the credentials ({first_line(why)}): "
            f"correct user and password in {self.variable}."
        )

    def too_old(self, version: str, needed: str) -> Misconfigured:
        return Misconfigured(
            f"{self.title} at {self.address} is version {version}, but {needed} is needed: "
            f"upgrade it, or give another one in {self.variable}."
        )

    def stranger(self, why: object) -> Misconfigured:
        return Misconfigured(
            f"What answers at {self.address} is not {self.title} ({first_line(why)}): correct {self.variable}."
        )


def _reason(why: object) -> str:
    """What drivers say in a dozen ways, in one."""
    line = first_line(why)
    return next((plain for words, plain in _REASONS if re.search(words, line, re.IGNORECASE)), line)


def first_line(why: object) -> str:
    """The first line of a driver's message: the rest repeats it for other addresses or adds traces."""
    lines = str(why).strip().splitlines()
    return lines[0].strip().rstrip(".:")[:200] if lines else type(why).__name__


def not_given(title: str, variable: str) -> Misconfigured:
    return Misconfigured(f"no address for {title}: set {variable}, or start the local stack with `orders stack up`.")
