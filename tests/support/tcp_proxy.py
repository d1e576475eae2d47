"""A TCP proxy that breaks connections in the ways that networks do, between any client and any server.

It runs in a thread with a loop of its own, so that tests with and without asyncio can use it:

    with TcpProxy("127.0.0.1", 5432, seed=7) as proxy:
        connect(proxy.host, proxy.port)
        proxy.lose_reply_to(b"COMMIT")    # the server does it, the client never hears, the connection is cut
        proxy.hold(b"_bulk"); proxy.let_go()  # what a client sends with these bytes comes late, all else passes
        proxy.pause(); proxy.resume()     # nothing passes, nothing is closed: half open
        proxy.cut()                       # every connection is reset
        proxy.refuse(); proxy.accept()    # new connections are reset at once
        proxy.delay(0.05, jitter=0.02)    # each chunk, in each direction
        proxy.cut_after(10_000, "down")   # in the middle of whatever is passing then
        proxy.dribble(3)                  # a few bytes at a time

`seed` makes jitter and chunks repeatable.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

Direction = Literal["up", "down"]
"""Up is from the client to the server."""

_RESET = struct.pack("ii", 1, 0)
_CHUNK = 64 * 1024
PATIENCE = 60.0
"""With the proxy's own thread."""
STEPS = 8
"""Of the loop, until a connection that has come is in the hands of `_accepted`, or one that was let go of is closed."""


@dataclass
class Rules:
    """What happens to what passes. Changed by the test's thread, read by the proxy's for each chunk."""

    seconds: float = 0.0
    jitter: float = 0.0
    largest_chunk: int = _CHUNK
    refusing: bool = False
    bytes_left: dict[Direction, int] = field(default_factory=dict)
    marker: bytes | None = None
    held: bytes | None = None


class TcpProxy:
    def __init__(self, server_host: str, server_port: int, *, seed: int = 0, host: str = "127.0.0.1", port: int = 0):
        self.host = host
        self.port = port
        self.passed = 0
        """Bytes forwarded in both directions."""
        self.triggered = threading.Event()
        """Set once what was asked for by `cut_after`, `lose_reply_to` or `hold` has happened."""
        self._server = (server_host, server_port)
        self._random = random.Random(seed)
        self._rules = Rules()
        self._loop = asyncio.new_event_loop()
        self._links: set[_Link] = set()
        self._thread = threading.Thread(target=self._run, name="tcp proxy", daemon=True)

    def __enter__(self) -> Self:
        listening = threading.Event()
        self._thread.start()
        self._loop.call_soon_threadsafe(self._loop.create_task, self._listen(listening))
        assert listening.wait(PATIENCE), "the proxy can't listen"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    def pause(self) -> None:
        self._do(self._passing.clear)

    def resume(self) -> None:
        self._do(self._passing.set)

    def refuse(self) -> None:
        self._rules.refusing = True

    def accept(self) -> None:
        self._rules.refusing = False

    def delay(self, seconds: float, *, jitter: float = 0.0) -> None:
        self._rules.seconds, self._rules.jitter = seconds, jitter

    def dribble(self, largest_chunk: int) -> None:
        self._rules.largest_chunk = largest_chunk

    def heal(self) -> None:
        """Whatever was asked for before, from now on everything passes."""
        self._rules = Rules()
        self.triggered.clear()
        self.resume()

    def cut(self) -> None:
        def reset_all() -> None:
            for link in list(self._links):
                link.reset()

        self._do(reset_all)

    def cut_after(self, number: int, direction: Direction) -> None:
        """Counted from now, over all connections together."""
        self.triggered.clear()
        self._rules.bytes_left[direction] = number

    def lose_reply_to(self, marker: bytes) -> None:
        """The next chunk from a client that holds `marker` reaches the server; the reply to it reaches nobody."""
        self.triggered.clear()
        self._rules.marker = marker

    def hold(self, marker: bytes) -> None:
        """Each chunk from a client that holds `marker` waits, with what comes behind it on its connection."""
        self.triggered.clear()
        self._do(self._let_go.clear)
        self._rules.held = marker

    def let_go(self) -> None:
        self._rules.held = None
        self._do(self._let_go.set)

    def _do(self, action: Callable[[], object]) -> None:
        """Done when it returns, so that a test needs no sleep behind it."""
        done = threading.Event()

        def do() -> None:
            action()
            done.set()

        self._loop.call_soon_threadsafe(do)
        assert done.wait(PATIENCE), "the proxy's thread has ended"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._passing = asyncio.Event()
        self._passing.set()
        self._let_go = asyncio.Event()
        self._loop.run_forever()
        # Nobody is let in any more, but whoever is half-way in: a closed listener would drop the connection unclosed.
        for listening in self._listener.sockets:
            self._loop.remove_reader(listening.fileno())
        self._step()
        self._listener.close()
        # Each of them lets go of its connections as it ends, and needs the loop for that.
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(tasks, timeout=1))
        self._step()
        self._loop.close()

    def _step(self) -> None:
        for _ in range(STEPS):
            self._loop.run_until_complete(asyncio.sleep(0))

    async def _listen(self, listening: threading.Event) -> None:
        self._listener = await asyncio.start_server(self._accepted, self.host, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        listening.set()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link([writer])
        self._links.add(link)
        ways: list[asyncio.Task[None]] = []
        try:
            if self._rules.refusing:
                return
            up_reader, up_writer = await asyncio.open_connection(*self._server)
            link.writers.append(up_writer)
            ways = [
                asyncio.create_task(self._pass(link, reader, up_writer, "up")),
                asyncio.create_task(self._pass(link, up_reader, writer, "down")),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            await self._passing.wait()
        except OSError:
            pass
        finally:
            link.reset()
            self._links.discard(link)
            for way in ways:
                way.cancel()

    async def _pass(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(min(_CHUNK, self._rules.largest_chunk)):
                await self._passing.wait()
                await self._linger()
                if direction == "up" and self._rules.held is not None and self._rules.held in chunk:
                    self.triggered.set()
                    await self._let_go.wait()
                if direction == "down" and link.loses_reply:
                    self.triggered.set()
                    break
                if direction == "up" and self._rules.marker is not None and self._rules.marker in chunk:
                    self._rules.marker = None
                    link.loses_reply = True
                allowed, is_last = self._within_limit(chunk, direction)
                writer.write(allowed)
                await writer.drain()
                self.passed += len(allowed)
                if is_last:
                    self.triggered.set()
                    break

    async def _linger(self) -> None:
        seconds, jitter = self._rules.seconds, self._rules.jitter
        if seconds or jitter:
            await asyncio.sleep(max(0.0, seconds + self._random.uniform(-jitter, jitter)))

    def _within_limit(self, chunk: bytes, direction: Direction) -> tuple[bytes, bool]:
        left = self._rules.bytes_left.get(direction)
        if left is None:
            return chunk, False
        if len(chunk) < left:
            self._rules.bytes_left[direction] = left - len(chunk)
            return chunk, False
        del self._rules.bytes_left[direction]
        return chunk[:left], True


class _Link:
    """A client's connection and the one to the server behind it."""

    def __init__(self, writers: list[asyncio.StreamWriter]) -> None:
        self.writers = writers
        self.loses_reply = False

    def reset(self) -> None:
        """Both sides see a reset, as after a crash, and not an orderly end."""
        for writer in self.writers:
            connection: socket.socket | None = writer.get_extra_info("socket")
            if connection is not None and not writer.is_closing():
                with suppress(OSError):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.close()
