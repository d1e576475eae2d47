"""`python -m tests.soak.checker RUN.json`: judges a run; exit status 1 if anything is not as it has to be."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.soak.checker import reading
from tests.soak.checker.evidence import Evidence, read_journal
from tests.soak.checker.judging import as_text, judge

ORDER_VIEWS = ("order_summary",)
SEARCH_VIEWS = ("order_search",)


def gather(run: dict[str, Any]) -> Evidence:
    """`run` says where everything stands; the driver writes it."""
    payments, calls = reading.read_ledger(Path(run["payments_ledger"]))
    labels, more_calls = reading.read_ledger(Path(run["carrier_ledger"]))
    views = {}
    if run.get("redis_url"):
        for model in ORDER_VIEWS:
            views[model] = reading.read_redis_documents(run["redis_url"], run["redis_prefix"], model)
    if run.get("elasticsearch_url"):
        for model in SEARCH_VIEWS:
            views[model] = reading.read_index(run["elasticsearch_url"], f"{run['index_prefix']}{model}")
    return Evidence(
        events=reading.read_events(run["postgres_url"], reading.Schemas(Path(run["schemas"]))),
        published=reading.read_topics(run["kafka"], run["topics"]),
        journal=read_journal(Path(run["journal"])),
        payments=payments,
        labels=labels,
        calls=calls + more_calls,
        tables=reading.read_tables(run["postgres_url"], run.get("tables")),
        views=views,
        partitions=run["partitions"],
    )


def main() -> int:
    findings = judge(gather(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    if len(sys.argv) > 2:
        told = [
            {
                "invariant": finding.invariant,
                "sentence": finding.sentence,
                "looked_at": finding.looked_at,
                "skipped": finding.skipped,
                "violations": finding.violations,
            }
            for finding in findings
        ]
        Path(sys.argv[2]).write_text(json.dumps(told, indent=2), encoding="utf-8")
    sys.stdout.write(as_text(findings) + "\n")
    return 1 if any(finding.violations for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
