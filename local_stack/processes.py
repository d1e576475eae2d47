"""The processes of one server, recognised by what they are and not by a number that was once written down.

A process belongs to a server when it runs under the stack's account, is the server's executable, and either works in
the server's own data folder or was given that folder's name at its start (PostgreSQL and Redis overwrite what they
were given, Elasticsearch has to work in its program's folder). No file can be stale, a reused pid is never mistaken,
and a server is found again whose starter was killed before it could note anything.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from local_stack.account import Account
from local_stack.kinds import Kind

MARK = "ORDERLOOM_SERVER_OF"
DELETED = " (deleted)"
"""The kernel's remark on a folder or program that is gone; a process that was started there is ours all the same."""

_launched: set[int] = set()


def launch(
    command: Sequence[str],
    kind: Kind,
    account: Account,
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path | None = None,
) -> int:
    """Start a process in a session of its own: neither a closed terminal nor Ctrl-C reaches it, only we do."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # it is stopped by `stop`, maybe by another process
            command,
            cwd=folder or kind.folder,
            env={**environment_for(kind), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **account.popen_arguments(),
        )
    process.returncode = 0  # it lives on after us: Popen shall not complain that nobody waited
    _launched.add(process.pid)
    return process.pid


def run(command: Sequence[str], kind: Kind, account: Account) -> subprocess.CompletedProcess[str]:
    """A tool that prepares something and ends. Ctrl-C does not reach it: half a preparation helps nobody."""
    return subprocess.run(
        command,
        check=False,
        cwd=kind.folder,
        env=environment_for(kind),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **account.popen_arguments(),
    )


def environment_for(kind: Kind) -> dict[str, str]:
    """Nothing of the starter's own environment: what stands in a shell must not change how a server behaves."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(kind.folder), MARK: str(kind.folder)}


def find(kinds: Sequence[Kind]) -> dict[Kind, list[psutil.Process]]:
    """The living processes of each kind, the oldest first."""
    _reap()
    found: dict[Kind, list[psutil.Process]] = {kind: [] for kind in kinds}
    executables = {kind.executable for kind in kinds}
    for process in _all():
        if _executable(process) in executables:
            for kind in kinds:
                if _is(process, kind):
                    found[kind].append(process)
    return {kind: sorted(processes, key=lambda each: each.create_time()) for kind, processes in found.items()}


def stop(kind: Kind, how: signal.Signals, grace_seconds: float) -> bool:
    """Ask the first process, wait for all, then insist. True if asking was enough."""
    leaders = find([kind])[kind]
    if not leaders:
        return True
    _send(leaders[0], kind, how)
    if _wait_until_gone(kind, grace_seconds):
        return True
    while remaining := find([kind])[kind]:
        for process in remaining:
            _send(process, kind, signal.SIGKILL)
        _wait_until_gone(kind, 1.0)
    return False


def resident_bytes(processes: Sequence[psutil.Process]) -> int:
    """Shared memory is counted once: its proportional share where the kernel tells, else the whole."""
    total = 0
    for process in processes:
        try:
            total += getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss
        except psutil.AccessDenied:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def has_ended(pid: int) -> bool:
    _reap()
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _all() -> Iterator[psutil.Process]:
    """Looked at anew each time. `psutil.process_iter` keeps what it saw, the program of each number too: a server seen
    while its starter was still becoming it, or one with the number of a process that ended, would never be found."""
    for pid in psutil.pids():
        try:
            yield psutil.Process(pid)
        except psutil.NoSuchProcess:
            continue


def _executable(process: psutil.Process) -> str:
    try:
        return Path(process.exe().removesuffix(DELETED)).name
    except (psutil.Error, OSError):
        return ""


def _is(process: psutil.Process, kind: Kind) -> bool:
    try:
        if process.uids().effective != kind.uid or _executable(process) != kind.executable:
            return False
        folder = Path(process.cwd().removesuffix(DELETED))
        return folder.is_relative_to(kind.folder) or process.environ().get(MARK) == str(kind.folder)
    except (psutil.Error, OSError):
        return False


def _send(process: psutil.Process, kind: Kind, number: signal.Signals) -> None:
    """Through a handle on the process: between looking and killing, the pid can't come to mean another one."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        if _is(process, kind):
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)


def _wait_until_gone(kind: Kind, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while processes := find([kind])[kind]:
        if (left := deadline - time.monotonic()) <= 0:
            return False
        wait_for_end(processes[0].pid, left)
    return True


def wait_for_end(pid: int, seconds: float | None = None) -> None:
    """Wait until a process has ended, be it a child of ours or not."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll(None if seconds is None else seconds * 1000)
    finally:
        os.close(handle)


def _reap() -> None:
    """Ended children that this process started would otherwise stay as zombies for as long as it lives."""
    for pid in list(_launched):
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            ended = pid
        if ended:
            _launched.discard(pid)
