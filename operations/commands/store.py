"""`orders store verify`: proves that what is stored is whole. `orders store purge`: forgets what need not be kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

import typer

from operations import output

if TYPE_CHECKING:
    from eventing.verification import Finding

_SHOWN: Final = 100


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="store", help="The event store.", no_args_is_help=True)
    group.command("verify")(verify)
    group.command("purge")(purge)
    root.add_typer(group)


def verify(json: output.Json = False, quiet: output.Quiet = False) -> int:
    """Check every event, stream and snapshot.

    Positions and versions have no gap, times never fall, bodies can be read, snapshots equal the fold of their streams.
    Exit status 1 if anything is wrong. Appending may go on meanwhile.
    """
    return asyncio.run(_verify(json, quiet))


def purge(json: output.Json = False) -> None:
    """Forget the answers under idempotency keys that are older than a day."""
    forgotten = asyncio.run(_purge())
    if json:
        output.show_json({"forgotten": forgotten})
    else:
        output.show(f"Forgot {forgotten} answers.")


async def _verify(json: bool, quiet: bool) -> int:
    from eventing.postgres.verifying import Verifier
    from operations.event_store import make_codec, reading_engine
    from operations.progress import Steps
    from operations.snapshotted import snapshotted

    findings: list[Finding] = []
    done: Counter[str] = Counter()
    async with reading_engine() as engine:
        verifier = Verifier(engine, make_codec(), snapshotted())
        with Steps(quiet=quiet or json) as steps:
            async for progress in verifier.run():
                findings += progress.findings
                done[progress.step] = progress.done
                steps.show(progress.step, progress.done, progress.total)
    if json:
        output.show_json(
            {
                "events": done["log"],
                "snapshots": done["snapshots"],
                "ignored_snapshots": verifier.ignored_snapshots,
                "findings": [finding._asdict() for finding in findings],
            }
        )
    else:
        _show(findings, done, verifier.ignored_snapshots)
    return 1 if findings else 0


def _show(findings: list[Finding], done: Counter[str], ignored: int) -> None:
    if findings:
        output.show_table(("rule", "where", "what is wrong"), findings[:_SHOWN])
        if len(findings) > _SHOWN:
            output.remark(f"And {len(findings) - _SHOWN} more; --json shows all.")
        return
    snapshots = f"{done['snapshots'] - ignored} snapshots" + (f" ({ignored} of old formats ignored)" if ignored else "")
    output.show(f"All is well: {done['log']} events and {snapshots}.")


async def _purge() -> int:
    from eventing.postgres.purging import purge_idempotency_keys
    from operations.event_store import reading_engine

    async with reading_engine() as engine:
        return await purge_idempotency_keys(engine)
