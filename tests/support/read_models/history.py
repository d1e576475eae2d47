"""The log of a made-up platform as its event store has it, and rebuilds of its read models as processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import UUID

import psycopg

from eventing.settings import Settings
from projections.read_model import ReadModel
from projections.rebuilding.rebuild import Rebuild, Result
from projections.rebuilding.wiring import workplace
from projections.wiring import open_store
from tests.support import freezing
from tests.support.bare_environment import bare_environment
from tests.support.read_models.platform import PARTITIONS, Platform, codec
from tests.support.read_models.story import Told

_COPY = """
    COPY events (position, recorded_at, event_id, correlation_id, causation_id, version, schema_version, stream, type,
                 actor, traceparent, body) FROM STDIN
"""


def keep(platform: Platform, log: Iterable[Told]) -> None:
    """As appends leave it; the relay has published nothing of it yet."""
    with (
        psycopg.connect(platform.postgres_url, autocommit=True) as connection,
        connection.cursor() as cursor,
        cursor.copy(_COPY) as copy,
    ):
        for told in log:
            name, version, body = codec().encode(told.event)
            ids = UUID(int=told.position), UUID(int=2**64 + told.position), None
            copy.write_row((told.position, told.at, *ids, told.version, version, told.stream, name, "test", None, body))


def keep_and_publish(platform: Platform, log: Iterable[Told]) -> None:
    told = list(log)
    keep(platform, told)
    platform.publish(told)
    if told:
        platform.query("UPDATE relays SET position = greatest(position, %s)", told[-1].position)


def contents(platform: Platform, model: ReadModel) -> Any:
    """Everything of the live build, as bytes where it is bytes."""
    build = platform.build(model.name)
    assert build is not None
    if model.store == "elasticsearch":
        store = open_store(platform.settings, model, build)
        store.refresh()
        found = dict(store.scan())
        store.close()
        return found
    base = platform.redis_names.base(build)
    kept: dict[str, Any] = {}
    with platform.redis() as client:
        for key in client.scan_iter(f"{base}*", count=1000):
            name = key.decode().removeprefix(base)
            if name.startswith(("docs:", "sum:")):
                kept[name] = client.hgetall(key)
                kept[name].pop(b"position", None)  # when a sum was written last depends on what came with what
            elif name.startswith("list:"):
                kept[name] = client.zrange(key, 0, -1, withscores=True)
    return kept


class Surrounded(Protocol):
    """Whatever platform it is: its addresses."""

    def environment(self, **more: str) -> dict[str, str]: ...


class Command:
    """`orders …` of a platform as a process, to be killed and interrupted."""

    def __init__(self, platform: Surrounded, *arguments: str, mutant: str = "none", **settings: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.read_models.rebuilding", mutant, *arguments],
            env=bare_environment(platform.environment(**settings)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()

    def freeze(self) -> None:
        freezing.freeze(self._process)

    def thaw(self) -> None:
        freezing.thaw(self._process)

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self, seconds: float = 240) -> tuple[int, str, str]:
        """Exit status, stdout and stderr."""
        out, err = self._process.communicate(timeout=seconds)
        return self._process.returncode, out, err

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.is_running:
            self.kill()
            self._process.communicate()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()


def orders(platform: Surrounded, *arguments: str, mutant: str = "none", **settings: str) -> tuple[int, str, str]:
    with Command(platform, *arguments, mutant=mutant, **settings) as command:
        return command.end()


def settings_of(platform: Platform) -> Settings:
    settings = platform.settings
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"partitions": PARTITIONS})})


def rebuilt(platform: Platform, model: ReadModel, *, from_kafka: bool = False, in_place: bool = False) -> Result:
    """As `orders projections rebuild` does it, in this process."""
    with workplace(settings_of(platform), model, from_kafka=from_kafka) as place:
        return Rebuild(model, place.outside, in_place=in_place).run()
