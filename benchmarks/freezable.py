"""A process that rests while another is measured: stopped and continued by signals, so that it pays no new start."""

from __future__ import annotations

import asyncio
import signal


class Freezable:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
