"""Whether a process lives, whether work should be sent to it, and where it runs.

`/livez` asks nobody: a database that is away is no reason to restart this process. `/readyz` asks the dependencies, at
most once a second however often it is asked itself, and says no while the process drains.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from platform import node as host_name
from typing import Any, Final

FRESH_SECONDS: Final = 1.0
TIMEOUT_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """One dependency. `probe` returns when it is fine, perhaps with a word for people, and raises when it is not."""

    name: str
    probe: Callable[[], Awaitable[str | None] | str | None]
    required: bool = True
    """Without one that is not required the process goes on, worse: it is ready, and `degraded`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this process runs, as `/health` tells it."""

    service: str
    node: str = ""
    region: str = "local"
    zone: str = "local"

    def described(self) -> dict[str, str]:
        return {
            "service": self.service,
            "node": self.node or host_name(),
            "region": self.region,
            "zone": self.zone,
            "version": version("orderloom"),
        }


@dataclass(frozen=True, slots=True)
class Readiness:
    status: str
    checks: dict[str, dict[str, Any]]

    @property
    def ready(self) -> bool:
        return self.status in {"ready", "degraded"}


class Health:
    def __init__(
        self,
        place: Place,
        checks: Sequence[Check] = (),
        *,
        timeout: float = TIMEOUT_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self.draining = False
        self._checks = tuple(checks)
        self._timeout = timeout
        self._now = now
        self._asked_at: float | None = None
        self._results: dict[str, dict[str, Any]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def readiness(self) -> Readiness:
        await self._refresh()
        if self.draining:
            return Readiness("draining", self._results)
        failed = {check.name: check for check in self._checks if not self._results[check.name]["ok"]}
        if any(check.required for check in failed.values()):
            return Readiness("not_ready", self._results)
        return Readiness("degraded" if failed else "ready", self._results)

    async def _refresh(self) -> None:
        if self._asked_at is not None and self._now() - self._asked_at < FRESH_SECONDS:
            return
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._ask_all())
        await asyncio.shield(self._asking)

    async def _ask_all(self) -> None:
        answers = await asyncio.gather(*(self._ask(check) for check in self._checks))
        self._results = dict(zip((check.name for check in self._checks), answers, strict=True))
        self._asked_at = self._now()

    async def _ask(self, check: Check) -> dict[str, Any]:
        started = time.perf_counter()
        result: dict[str, Any] = {"ok": True, "required": check.required}
        try:
            async with asyncio.timeout(self._timeout):
                answer = check.probe()
                detail = await answer if inspect.isawaitable(answer) else answer
        except TimeoutError:
            result |= {"ok": False, "detail": f"no answer within {self._timeout:g} s"}
        except Exception as error:  # noqa: BLE001 - whatever a probe raises, the answer is that it is not fine
            # The class says enough to look further; a driver's message can hold addresses and names of users.
            result |= {"ok": False, "detail": type(error).__name__}
        else:
            result |= {"detail": detail} if detail else {}
        return result | {"milliseconds": round((time.perf_counter() - started) * 1000, 1)}
