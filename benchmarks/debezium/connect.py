"""One Kafka Connect worker with one connector: every row of the events table to one topic, its body untouched.

Set in its favour where its defaults cost it time: it polls every millisecond instead of every 500, in batches twice
as large, and its producer doesn't linger.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.bench import BUILD
from benchmarks.contest import WrongResultError
from benchmarks.debezium.artifacts import Installed
from benchmarks.freezable import Freezable
from benchmarks.http.process import free_port

FOLDER = BUILD / "debezium"
JVM = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
PATIENCE_SECONDS = 60
HEADERS = {
    "type": "ce_type",
    "stream": "ce_subject",
    "version": "ce_aggregateversion",
    "position": "ce_globalposition",
    "correlation_id": "ce_correlationid",
}


@asynccontextmanager
async def outbox_router(
    installed: Installed, database_url: str, bootstrap: str, topic: str, name: str
) -> AsyncIterator[Freezable]:
    port = free_port()
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    settings = write_worker_settings(folder, installed, bootstrap, port)
    with (folder / "connect.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            installed.java, *JVM, "-cp", installed.class_path,
            "org.apache.kafka.connect.cli.ConnectStandalone", str(settings), stdout=log, stderr=log,
        )  # fmt: skip
    router = Freezable(process)
    try:
        await answering(port, process, folder)
        await asyncio.to_thread(ask, port, "/connectors", connector(database_url, topic, name))
        await running(port, name, folder)
        yield router
    finally:
        await router.kill()
        await drop_slot(database_url, name)
        shutil.rmtree(folder, ignore_errors=True)


def write_worker_settings(folder: Path, installed: Installed, bootstrap: str, port: int) -> Path:
    settings = {
        "bootstrap.servers": bootstrap,
        "key.converter": "org.apache.kafka.connect.storage.StringConverter",
        "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
        "offset.storage.file.filename": str((folder / "offsets").absolute()),
        "offset.flush.interval.ms": "5000",
        "plugin.path": installed.plugin_path,
        "plugin.discovery": "service_load",
        "listeners": f"http://127.0.0.1:{port}",
        "producer.linger.ms": "0",
        "producer.acks": "all",
    }
    path = folder / "connect.properties"
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


def connector(database_url: str, topic: str, name: str) -> dict[str, Any]:
    address = conninfo_to_dict(database_url)
    return {
        "name": name,
        "config": {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "tasks.max": "1",
            "database.hostname": address["host"],
            "database.port": str(address.get("port", 5432)),
            "database.user": address.get("user", ""),
            "database.password": address.get("password") or "none",
            "database.dbname": address["dbname"],
            "topic.prefix": name,
            "plugin.name": "pgoutput",
            "slot.name": name,
            "publication.name": name,
            "publication.autocreate.mode": "filtered",
            "table.include.list": "public.events",
            "snapshot.mode": "no_data",
            "poll.interval.ms": "1",
            "max.batch.size": "4096",
            "max.queue.size": "16384",
            "transforms": "outbox",
            "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
            "transforms.outbox.table.field.event.id": "event_id",
            "transforms.outbox.table.field.event.key": "stream",
            "transforms.outbox.table.field.event.payload": "body",
            "transforms.outbox.route.by.field": "type",
            "transforms.outbox.route.topic.replacement": topic,
            "transforms.outbox.table.fields.additional.placement": ",".join(
                f"{column}:header:{header}" for column, header in HEADERS.items()
            ),
        },
    }


async def answering(port: int, process: asyncio.subprocess.Process, folder: Path) -> None:
    for _ in range(PATIENCE_SECONDS * 10):
        try:
            await asyncio.to_thread(ask, port, "/")
        except (urllib.error.URLError, ConnectionError):
            if process.returncode is not None:
                break
            await asyncio.sleep(0.1)
        else:
            return
    raise WrongResultError(f"Kafka Connect did not start: {last_words(folder)}")


async def running(port: int, name: str, folder: Path) -> None:
    status: dict[str, Any] = {}
    for _ in range(PATIENCE_SECONDS * 10):
        status = await asyncio.to_thread(ask, port, f"/connectors/{name}/status")
        states = {task["state"] for task in status["tasks"]}
        if states == {"RUNNING"}:
            return
        if "FAILED" in states:
            break
        await asyncio.sleep(0.1)
    raise WrongResultError(f"Debezium did not start: {status} {last_words(folder)}")


def ask(port: int, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as reply:
        answer: dict[str, Any] = json.load(reply)
        return answer


def last_words(folder: Path) -> str:
    return (folder / "connect.log").read_text(errors="replace")[-600:]


async def drop_slot(database_url: str, slot: str) -> None:
    """A slot that stays would keep the database from being dropped, and its log from being removed, for ever."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        for _ in range(PATIENCE_SECONDS * 10):
            found = await connection.execute(
                "SELECT active_pid, pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s",
                [slot],
            )
            row = await found.fetchone()
            if row is None:
                return
            if row[0] is None:
                await connection.execute("SELECT pg_drop_replication_slot(%s)", [slot])
                return
            await asyncio.sleep(0.1)
