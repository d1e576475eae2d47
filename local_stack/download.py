"""Fetches pinned artifacts into the cache: in parallel, resumed where a download broke off, and
moved into place only when the SHA-256 is right. So a file in the cache is whole, or it is called `….part`.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from ssl import SSLError
from threading import Event
from typing import BinaryIO, cast

from eventing.errors import Misconfigured
from local_stack.artifacts import Artifact
from local_stack.progress import OnProgress, Step

PARALLEL = 8
ATTEMPTS = 4
CHUNK = 1 << 18
TIMEOUT_SECONDS = 30
PAUSE_SECONDS = 0.3


class _Stopped(Exception):
    pass


def default_remote() -> str:
    try:
        from jgo.constants import MAVEN_CENTRAL_URL
    except ImportError:
        raise Misconfigured("the local stack needs its extra: install orderloom[local].") from None
    return MAVEN_CENTRAL_URL


def fetch_all(artifacts: Sequence[Artifact], cache: Path, on_progress: OnProgress, remote: str | None = None) -> None:
    """The caller holds the cache's lock."""
    cache.mkdir(parents=True, exist_ok=True)
    remote = remote or default_remote()
    stop = Event()
    for each in artifacts:  # so that the whole amount is known from the beginning
        on_progress(Step(each.file_name, "fetching", 0, each.bytes))
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="fetch") as pool:
        # The largest first: the last to end should be a small one.
        by_size = sorted(artifacts, key=lambda each: -each.bytes)
        futures = [pool.submit(fetch, each, cache, remote, on_progress, stop) for each in by_size]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            stop.set()
            raise


def fetch(artifact: Artifact, cache: Path, remote: str, on_progress: OnProgress, stop: Event) -> Path:
    target = cache / artifact.file_name
    if target.exists() and sha256_of(target) == artifact.sha256:
        on_progress(Step(artifact.file_name, "fetching", artifact.bytes, artifact.bytes))
        return target
    part = target.with_name(f"{target.name}.part")
    trouble = ""
    for attempt in range(ATTEMPTS):
        stop.wait(attempt * PAUSE_SECONDS)
        try:
            _stream(f"{remote.rstrip('/')}/{artifact.path}", part, artifact, on_progress, stop)
        except urllib.error.HTTPError as error:
            error.close()
            trouble = f"the server answered {error.code} {error.reason}"
            continue
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError, SSLError) as error:
            trouble = str(getattr(error, "reason", error)) or type(error).__name__
            continue
        if sha256_of(part) == artifact.sha256:
            part.replace(target)
            return target
        part.unlink()
        trouble = "its SHA-256 is not the pinned one"
    raise Misconfigured(
        f"{artifact.file_name} could not be fetched from {remote}: {trouble}."
        " Check the network (HTTPS_PROXY is honoured) and repeat; what has arrived is kept.",
        artifact=artifact.file_name,
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stream(url: str, part: Path, artifact: Artifact, on_progress: OnProgress, stop: Event) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have >= artifact.bytes:
        if have > artifact.bytes:
            part.unlink()
        else:
            return
        have = 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310
        resumed = cast(HTTPResponse, reply).status == HTTPStatus.PARTIAL_CONTENT
        with part.open("ab" if resumed else "wb") as file:
            _copy(cast(HTTPResponse, reply), file, artifact, on_progress, stop)


def _copy(reply: HTTPResponse, file: BinaryIO, artifact: Artifact, on_progress: OnProgress, stop: Event) -> None:
    done = file.tell()
    while chunk := reply.read(CHUNK):
        if stop.is_set():
            raise _Stopped
        file.write(chunk)
        done += len(chunk)
        on_progress(Step(artifact.file_name, "fetching", done, artifact.bytes))
    if done < artifact.bytes:
        raise ConnectionError(f"the connection ended after {done} of {artifact.bytes} bytes")
