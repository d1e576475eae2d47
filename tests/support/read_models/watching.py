"""A reader that never rests: it looks at documents through what readers see, and notes whatever should not happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self, cast

from projections.names import bucket_of
from projections.read_model import ReadModel
from projections.stores.elasticsearch_connecting import ask, connect
from tests.support.read_models.platform import Platform


class Watching:
    def __init__(self, platform: Platform, model: ReadModel, ids: Sequence[str]) -> None:
        self._platform = platform
        self._model = model
        self._ids = list(ids)
        self._redis = platform.redis()
        self._elasticsearch = connect(platform.settings.elasticsearch)
        self._seen: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="reader")
        self.looks = 0
        self.failures: list[str] = []
        self.missing: list[str] = []
        self.went_back: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._redis.close()
        self._elasticsearch.close()

    def _watch(self) -> None:
        look = self._in_elasticsearch if self._model.store == "elasticsearch" else self._in_redis
        while not self._stop.is_set():
            try:
                found = look()
            except Exception as error:  # noqa: BLE001 - whatever it is, a reader must not meet it
                self.failures.append(repr(error))
                continue
            self.looks += 1
            self.missing += [one for one in self._seen if one not in found]
            self.went_back += [one for one, position in found.items() if position < self._seen.get(one, 0)]
            self._seen |= {one: max(position, self._seen.get(one, 0)) for one, position in found.items()}
            time.sleep(0.001)

    def _in_redis(self) -> dict[str, int]:
        name, prefix = self._model.name, self._platform.prefix
        tag = cast(bytes, self._redis.get(self._platform.redis_names.live(name))).decode()
        with self._redis.pipeline(transaction=True) as pipe:
            for one in self._ids:
                pipe.hget(f"{prefix}:read:{{{name}:{tag}}}:docs:{bucket_of(one):02x}", one)
            kept = pipe.execute()
        return {
            one: int(value.split(b" ", 1)[0]) for one, value in zip(self._ids, kept, strict=True) if value is not None
        }

    def _in_elasticsearch(self) -> dict[str, int]:
        answer: Any = ask(
            self._elasticsearch, "POST", f"/{self._platform.prefix}-{self._model.name}/_mget", {"ids": self._ids}
        )
        if answer is None or any("error" in item for item in answer["docs"]):
            raise LookupError(f"{answer}")
        return {item["_id"]: item["_source"]["position"] for item in answer["docs"] if item["found"]}
