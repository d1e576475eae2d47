"""Downloads against a real HTTP server on this machine that misbehaves as told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from eventing.errors import Misconfigured
from local_stack import download
from local_stack.artifacts import Artifact
from local_stack.progress import Step, silent

BODY = bytes(range(256)) * 4000
ARTIFACT = Artifact(
    program="kafka",
    group="org.example",
    artifact="thing",
    version="1.0",
    packaging="jar",
    classifier="",
    bytes=len(BODY),
    sha256=hashlib.sha256(BODY).hexdigest(),
)


@dataclass
class Remote:
    """Serves the body; each request takes the next of `faults`, and none when they are used up."""

    url: str = ""
    faults: list[str] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    def __init__(self, remote: Remote, *rest: object) -> None:
        self.remote = remote
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.remote.ranges.append(self.headers.get("Range"))
        fault = self.remote.faults.pop(0) if self.remote.faults else ""
        if fault == "busy":
            self.send_error(503)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        body = b"x" * len(BODY) if fault == "other bytes" else BODY
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start : len(body) // 2] if fault == "breaks off" else body[start:])

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def remote() -> Iterator[Remote]:
    served = Remote()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, served))
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def fetched(cache: Path, remote: Remote) -> bytes:
    download.fetch_all([ARTIFACT], cache, silent, remote.url)
    return (cache / ARTIFACT.file_name).read_bytes()


def test_what_is_there_and_right_is_not_fetched_again(tmp_path: Path, remote: Remote) -> None:
    fetched(tmp_path, remote)

    fetched(tmp_path, remote)

    assert remote.ranges == [None]


def test_a_download_that_broke_off_goes_on_where_it_was(tmp_path: Path, remote: Remote) -> None:
    remote.faults = ["breaks off"]

    assert fetched(tmp_path, remote) == BODY
    assert remote.ranges == [None, f"bytes={len(BODY) // 2}-"]


def test_a_part_that_a_killed_process_left_is_gone_on_with(tmp_path: Path, remote: Remote) -> None:
    (tmp_path / f"{ARTIFACT.file_name}.part").write_bytes(BODY[:1000])

    assert fetched(tmp_path, remote) == BODY
    assert remote.ranges == ["bytes=1000-"]


def test_a_wrong_part_is_thrown_away_and_all_is_fetched_anew(tmp_path: Path, remote: Remote) -> None:
    (tmp_path / f"{ARTIFACT.file_name}.part").write_bytes(b"x" * 1000)

    assert fetched(tmp_path, remote) == BODY
    assert remote.ranges == ["bytes=1000-", None]


def test_a_file_that_has_changed_in_the_cache_is_fetched_anew(tmp_path: Path, remote: Remote) -> None:
    (tmp_path / ARTIFACT.file_name).write_bytes(BODY[:-1] + b"x")

    assert fetched(tmp_path, remote) == BODY


def test_bytes_of_another_hash_are_fetched_again(tmp_path: Path, remote: Remote) -> None:
    remote.faults = ["other bytes"]

    assert fetched(tmp_path, remote) == BODY


def test_bytes_that_are_always_wrong_never_get_their_name(tmp_path: Path, remote: Remote) -> None:
    remote.faults = ["other bytes"] * download.ATTEMPTS

    with pytest.raises(Misconfigured, match=r"thing-1.0.jar could not be fetched .* SHA-256 is not the pinned one"):
        fetched(tmp_path, remote)

    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_busy_for_a_moment_is_asked_again(tmp_path: Path, remote: Remote) -> None:
    remote.faults = ["busy"]

    assert fetched(tmp_path, remote) == BODY


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"could not be fetched from .*Check the network"):
        download.fetch_all([ARTIFACT], tmp_path, silent, "http://127.0.0.1:9")


def test_a_full_disk_is_told_as_such(tmp_path: Path, remote: Remote) -> None:
    (tmp_path / f"{ARTIFACT.file_name}.part").symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left"):
        fetched(tmp_path, remote)

    assert not (tmp_path / ARTIFACT.file_name).exists()


def test_progress_knows_the_whole_amount_from_the_beginning(tmp_path: Path, remote: Remote) -> None:
    steps: list[Step] = []

    download.fetch_all([ARTIFACT], tmp_path, steps.append, remote.url)

    assert {step.total for step in steps} == {len(BODY)}
    assert (steps[0].done, steps[-1].done) == (0, len(BODY))
