"""`orders projections rebuild` and `rollback`: a read model made anew from the events while it is being read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from operations import output
from operations.commands.projections import HELP

if TYPE_CHECKING:
    from eventing.settings import Settings
    from projections.read_model import ReadModel
    from projections.rebuilding.rebuild import Result

Name = Annotated[str, typer.Argument(help="The read model; `orders projections list` names them.")]


def hang_in(root: typer.Typer) -> None:
    group = projections_group(root)
    group.command("rebuild")(rebuild)
    group.command("rollback")(rollback)


def projections_group(root: typer.Typer) -> typer.Typer:
    """The group that `orders projections list` hangs in as well, whichever file comes first."""
    for registered in root.registered_groups:
        if registered.name == "projections" or (
            registered.typer_instance and _name(registered.typer_instance) == "projections"
        ):
            assert registered.typer_instance is not None
            return registered.typer_instance
    group = typer.Typer(name="projections", help=HELP, no_args_is_help=True)
    group.callback()(lambda: None)
    root.add_typer(group)
    return group


def _name(group: typer.Typer) -> object:
    return group.info.name


def rebuild(
    name: Name,
    from_kafka: Annotated[
        bool, typer.Option("--from-kafka", help="Read the topics instead of the event store.")
    ] = False,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place/--blue-green",
            help="Take the live build away first: needs no second place, and queries answer 503 meanwhile.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what an interrupted rebuild has left.")
    ] = False,
    accept_missing: Annotated[
        bool, typer.Option("--accept-missing", help="Switch even if the live build has documents that the log has not.")
    ] = False,
    json: output.Json = False,
    quiet: output.Quiet = False,
) -> None:
    """Fold the whole log into a new build of a read model, and switch readers to it in one step.

    Queries are answered all the while. Ctrl-C or a crash leaves what was done, and the next run goes on from there.
    The build that was live is kept for `orders projections rollback`.
    """
    settings, model = _of(name)
    if dry_run:
        _show_plan(_plan(settings, model, from_kafka=from_kafka, in_place=in_place, restart=restart), json=json)
        return
    result = _rebuild(settings, model, from_kafka, in_place, restart, accept_missing, quiet=quiet or json)
    if json:
        output.show_json(_told(result))
    else:
        _show(result)


def rollback(name: Name, json: output.Json = False) -> None:
    """Switch readers back to the build that was live before; it was kept fresh all the while."""
    from projections.rebuilding.rollback import roll_back
    from projections.rebuilding.wiring import workplace

    settings, model = _of(name)
    with workplace(settings, model) as place:
        build, finished_only = roll_back(place.outside, model.name)
    if json:
        output.show_json({"model": model.name, "live": build.tag, "finished_only": finished_only})
    elif finished_only:
        output.show(
            f"{model.name} is answered from {build.tag}: the switch to it had been interrupted. "
            "Run it again to leave that build."
        )
    else:
        output.show(f"{model.name} is answered from {build.tag} again.")


def _of(name: str) -> tuple[Settings, ReadModel]:
    from operations.resolve import resolved_settings
    from projections.read_model import models_named
    from projections.wiring import read_models

    (model,) = models_named(read_models(), [name])
    return resolved_settings(["postgres", "kafka", "redis", "elasticsearch"]), model


def _rebuild(
    settings: Settings,
    model: ReadModel,
    from_kafka: bool,
    in_place: bool,
    restart: bool,
    accept_missing: bool,
    *,
    quiet: bool,
) -> Result:
    from operations.progress import Steps
    from projections.rebuilding.rebuild import Rebuild
    from projections.rebuilding.wiring import quick_memory, workplace

    def say(sentence: str) -> None:
        output.remark(sentence, quiet=quiet)

    try:
        with (
            Steps(quiet=quiet) as steps,
            workplace(settings, model, from_kafka=from_kafka, step=steps.show, say=say) as place,
            quick_memory(),
        ):
            return Rebuild(
                model, place.outside, in_place=in_place, restart=restart, accept_missing=accept_missing
            ).run()
    except KeyboardInterrupt:
        say(f"Stopped: `orders projections rebuild {model.name}` goes on from here, with --restart from the beginning.")
        raise


def _plan(settings: Settings, model: ReadModel, *, from_kafka: bool, in_place: bool, restart: bool) -> dict[str, Any]:
    from projections.rebuilding.planning import plan
    from projections.rebuilding.wiring import looking

    with looking(settings, model, from_kafka=from_kafka) as outside:
        return dict(plan(outside, model, in_place=in_place, restart=restart))


_WORDS: Final = {
    "live": "live now",
    "documents": "documents in it",
    "head": "the log ends at",
    "to_fold": "events to fold",
    "goes_on_with": "goes on with",
    "new_build": "new build",
    "taken_away": "taken away",
    "kept_for_rollback": "kept for rollback",
}


def _show_plan(plan: dict[str, Any], *, json: bool) -> None:
    if json:
        output.show_json(plan)
        return
    taken_away = ", ".join(plan["taken_away"])
    values = {**plan, "taken_away": taken_away or None}
    rows = [(words, "nothing" if values[name] is None else values[name]) for name, words in _WORDS.items()]
    output.show_table(("", plan["model"]), rows)


def _told(result: Result) -> dict[str, Any]:
    found = result._asdict()
    comparison = result.comparison
    found["build"] = result.build.tag
    found["comparison"] = None if comparison is None else {**comparison._asdict(), "is_equal": comparison.is_equal}
    return found


def _show(result: Result) -> None:
    build = result.build
    if result.finished_only:
        output.show(f"{build.model} is answered from {build.tag}: the switch to it had been interrupted.")
        return
    rate = result.events / result.seconds if result.seconds else 0
    output.show(
        f"{build.model} is answered from {build.tag}: {result.events:,} events, "
        f"{result.documents:,} documents written, {result.seconds:.1f} s, {rate:,.0f} events/s."
    )
    if result.parked:
        output.show(f"{result.parked} events can't be folded or wait behind such: `orders parked list`.")
    if (found := result.comparison) is None:
        return
    output.show(
        f"Before: {found.live:,} documents, now {found.new:,}; {found.compared:,} compared, "
        f"{len(found.different)} differ, {len(found.missing)} missing; {found.questions} questions asked, "
        f"{len(found.answered_otherwise)} answered otherwise."
    )
    for one in (*found.different[:10], *found.missing[:10], *found.answered_otherwise[:10]):
        output.show(f"  {one}")
