"""What a client did and was told, on the disk line by line before the next thing happens."""

from __future__ import annotations

import itertools
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Journal:
    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._calls = itertools.count(1)
        self.open_calls = 0

    def begin(self, client: str, op: str, **facts: Any) -> int:
        call = next(self._calls)
        self.open_calls += 1
        self._write(client, call, op, "invoke", facts)
        return call

    def end(self, client: str, call: int, op: str, kind: str, **facts: Any) -> None:
        self.open_calls -= 1
        self._write(client, call, op, kind, facts)

    def note(self, client: str, op: str, kind: str, **facts: Any) -> None:
        self._write(client, next(self._calls), op, kind, facts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)

    def _write(self, client: str, call: int, op: str, kind: str, facts: dict[str, Any]) -> None:
        line = {"t": time.monotonic(), "client": client, "call": call, "op": op, "kind": kind, **facts}
        os.write(self._descriptor, json.dumps(line).encode() + b"\n")
        os.fdatasync(self._descriptor)
