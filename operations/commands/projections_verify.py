"""`orders projections verify`: every document beside the fold of the log, and what differs put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operations import output
from operations.commands.projections_rebuild import Name, projections_group

if TYPE_CHECKING:
    from projections.rebuilding.repairing import Repaired
    from projections.rebuilding.verifying import Verdict

_SHOWN: Final = 100


def hang_in(root: typer.Typer) -> None:
    projections_group(root).command("verify")(verify)


def verify(
    name: Name,
    repair: Annotated[bool, typer.Option("--repair", help="Put right what differs, and nothing else.")] = False,
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> int:
    """Compare every document of a read model with the fold of the log, and name those that differ.

    Writes may go on. Exit status 1 if something differs and is not repaired.
    """
    verdict, repaired = _verify(name, repair=repair, quiet=quiet or json)
    left = [one.id for one in verdict.findings] if repaired is None else list(repaired.left)
    if json:
        output.show_json(_told(verdict, repaired, left))
    else:
        _show(verdict, repaired)
    return 1 if left else 0


def _verify(name: str, *, repair: bool, quiet: bool) -> tuple[Verdict, Repaired | None]:
    from operations.progress import Steps
    from operations.resolve import resolved_settings
    from projections.read_model import models_named
    from projections.rebuilding import wiring
    from projections.rebuilding.repairing import repair as put_right
    from projections.wiring import read_models

    (model,) = models_named(read_models(), [name])
    settings = resolved_settings(["postgres", "kafka", "redis", "elasticsearch"])
    work = wiring.workplace(settings, model) if repair else wiring.looking(settings, model)
    with Steps(quiet=quiet) as steps, work as place:
        outside = place.outside if isinstance(place, wiring.Workplace) else place
        with wiring.verification(settings, model, outside, step=steps.show) as (verifying, mending):
            verdict = verifying.run()
            return verdict, put_right(verifying, mending, verdict.findings) if repair else None


def _told(verdict: Verdict, repaired: Repaired | None, left: list[str]) -> dict[str, Any]:
    return {
        "documents": verdict.documents,
        "looked_at": verdict.looked_at,
        "left_out": verdict.left_out,
        "findings": [{"kind": one.kind, "id": one.id} for one in verdict.findings],
        "repaired": list(repaired.repaired) if repaired else [],
        "left": left,
    }


def _show(verdict: Verdict, repaired: Repaired | None) -> None:
    if not verdict.findings:
        output.show(f"All is well: {verdict.documents:,} documents are the fold of the log.")
    else:
        state = dict.fromkeys(repaired.repaired, "repaired") if repaired else {}
        rows = [(one.kind, one.id, state.get(one.id, "left as it is")) for one in verdict.findings]
        output.show_table(("what", "document", ""), rows[:_SHOWN])
        if len(rows) > _SHOWN:
            output.remark(f"And {len(rows) - _SHOWN} more; --json shows all.")
    if verdict.left_out:
        output.remark(f"{verdict.left_out} keys are parked and were left out: `orders parked list`.")
