"""`orders topics`: the topics of the platform in Kafka, made with its settings."""

from __future__ import annotations

import typer

from operations import output


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="topics", help="The platform's topics in Kafka.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("create")(create)
    root.add_typer(group)


def create(json: output.Json = False, quiet: output.Quiet = False) -> None:
    """Make the topics that are missing and check those that are there. Safe to run again."""
    import event_schemas
    from eventing.catalogue import Catalogue
    from eventing.kafka.topics import Topics
    from operations.resolve import resolved_settings

    settings = resolved_settings(["kafka"]).kafka
    names = sorted({settings.topic_prefix + kind.topic for kind in Catalogue.discover(event_schemas)})
    topics = Topics(settings)
    made = topics.create(names)
    topics.demand(names)
    if json:
        output.show_json({"made": list(made), "there": sorted(set(names) - set(made))})
    elif made:
        output.show(f"Made {', '.join(made)} with {settings.partitions} partitions each.")
    else:
        output.remark("Nothing to do: the topics are there, as they should be.", quiet=quiet)
