from __future__ import annotations

import csv
import re

from benchmarks.debezium.artifacts import LIST, pinned
from benchmarks.debezium.connect import connector
from benchmarks.servers import ports


def test_the_servers_whose_time_is_counted_are_found_by_their_ports() -> None:
    addresses = ["postgresql://u:p@127.0.0.1/db", "127.0.0.1:9092,127.0.0.1:9093", "redis://127.0.0.1:6379/0", ""]

    assert ports(addresses) == {5432, 9092, 6379}


def test_what_kafka_connect_needs_is_pinned_by_its_hash() -> None:
    rows = list(csv.DictReader(LIST.read_text().splitlines(), delimiter="\t"))

    assert len(pinned()) == len(rows) == len({row["sha256"] for row in rows})
    assert all(re.fullmatch("[0-9a-f]{64}", row["sha256"]) for row in rows)
    assert [each.artifact for each in pinned() if each.program == "debezium"] == ["debezium-connector-postgres"]


def test_debezium_follows_the_table_that_ours_follows_and_sends_the_body_as_it_is() -> None:
    config = connector("postgresql://ann:secret@db:5433/bench_x", "topic_x", "bench_x")["config"]

    assert (config["database.port"], config["database.password"]) == ("5433", "secret")
    assert config["table.include.list"] == "public.events"
    assert config["transforms.outbox.table.field.event.payload"] == "body"
    assert config["transforms.outbox.route.topic.replacement"] == "topic_x"
