"""`orders projections verify`: documents, sums and lists beside the fold of the log, and what differs put right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from operations import output
from operations.commands.projections_rebuild import Name, projections_group

if TYPE_CHECKING:
    from projections.rebuilding.repairing import Repaired
    from projections.rebuilding.tallying import Wrong
    from projections.rebuilding.verifying import Verdict

_SHOWN: Final = 100


class Seen(NamedTuple):
    verdict: Verdict
    repaired: Repaired | None
    wrong: Sequence[Wrong]
    """Fields of sums and entries of lists."""
    put_right: Sequence[Wrong]

    @property
    def left(self) -> list[str]:
        if self.repaired is None:
            return [one.id for one in self.verdict.findings]
        return list(self.repaired.left)

    @property
    def remembering(self) -> Sequence[str]:
        return self.repaired.remembering if self.repaired else ()

    @property
    def is_well(self) -> bool:
        return not self.left and not self.remembering and len(self.put_right) == len(self.wrong)


def hang_in(root: typer.Typer) -> None:
    projections_group(root).command("verify")(verify)


def verify(
    name: Name,
    repair: Annotated[bool, typer.Option("--repair", help="Put right what differs, and nothing else.")] = False,
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> int:
    """Compare every document, sum and list of a read model with the fold of the log, and name what differs.

    Writes may go on. Exit status 1 if something differs and is not repaired.
    """
    seen = _verify(name, repair=repair, quiet=quiet or json)
    if json:
        output.show_json(_told(seen))
    else:
        _show(seen)
    return 0 if seen.is_well else 1


def _verify(name: str, *, repair: bool, quiet: bool) -> Seen:
    from operations.progress import Steps
    from operations.resolve import resolved_settings
    from projections.read_model import models_named
    from projections.rebuilding import tallying, wiring
    from projections.rebuilding.repairing import repair as put_right
    from projections.wiring import read_models

    (model,) = models_named(read_models(), [name])
    settings = resolved_settings(["postgres", "kafka", "redis", "elasticsearch"])
    work = wiring.workplace(settings, model) if repair else wiring.looking(settings, model)
    with Steps(quiet=quiet) as steps, work as place:
        outside = place.outside if isinstance(place, wiring.Workplace) else place
        with (
            wiring.verification(settings, model, outside, step=steps.show) as (verifying, mending),
            wiring.tallying(settings, verifying) as totals,
        ):
            verdict = verifying.run()
            repaired = put_right(outside, verifying, mending, verdict.findings) if repair else None
            # Afterwards: an entry of a list is put right by its document.
            wrong = totals.run() if totals else ()
            righted = tallying.put_right(totals, wrong)[0] if repair and totals and wrong else ()
            return Seen(verdict, repaired, wrong, righted)


def _told(seen: Seen) -> dict[str, Any]:
    verdict = seen.verdict
    return {
        "documents": verdict.documents,
        "looked_at": verdict.looked_at,
        "left_out": verdict.left_out,
        "unfoldable": list(verdict.unfoldable),
        "findings": [{"kind": one.kind, "id": one.id} for one in verdict.findings],
        "repaired": list(seen.repaired.repaired) if seen.repaired else [],
        "left": seen.left,
        "remembering": list(seen.remembering),
        "totals": [{**one._asdict(), "repaired": one in seen.put_right} for one in seen.wrong],
    }


def _show(seen: Seen) -> None:
    verdict = seen.verdict
    state = dict.fromkeys(seen.repaired.repaired, "repaired") if seen.repaired else {}
    rows: list[tuple[str, str, str]] = [(one.kind, one.id, state.get(one.id, _LEFT)) for one in verdict.findings]
    rows += [_row(one, "repaired" if one in seen.put_right else _LEFT) for one in seen.wrong]
    if rows:
        output.show_table(("what", "document, sum or list", ""), rows[:_SHOWN])
        if len(rows) > _SHOWN:
            output.remark(f"And {len(rows) - _SHOWN} more; --json shows all.")
    else:
        well = "What could be compared is well" if verdict.left_out else "All is well"
        output.show(f"{well}: {verdict.documents:,} documents are the fold of the log, and so is what they add up to.")
    for holder in seen.remembering:
        output.remark(
            f"The projector {holder} has not said that it forgot what the documents were before: with its next events "
            "it may write that again. Verify again."
        )
    if parked := verdict.left_out - len(verdict.unfoldable):
        output.remark(
            f"{parked} keys are parked and were left out: `orders parked list`. What waits as missing_predecessor may "
            "lack its document: discard it, then verify with --repair, which folds it from the log."
        )
    if verdict.unfoldable:
        output.remark(
            f"{len(verdict.unfoldable)} keys were left out because the log holds an event of them that can't be folded "
            f"and was discarded: {_named(verdict.unfoldable)}."
        )


_LEFT: Final = "left as it is"


def _named(keys: Sequence[str]) -> str:
    more = len(keys) - _SHOWN
    return ", ".join(keys[:_SHOWN]) + (f" and {more} more; --json names all" if more > 0 else "")


def _row(wrong: Wrong, state: str) -> tuple[str, str, str]:
    kind = "missing" if wrong.found is None else "extra" if wrong.wanted is None else "different"
    return kind, f"{wrong.name} {wrong.field}", state
