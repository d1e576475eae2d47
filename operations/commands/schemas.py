"""`orders schemas`: the event language, in the files, in the registry and in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from operations import output

if TYPE_CHECKING:
    from eventing.catalogue import Catalogue
    from eventing.settings import Settings


def hang_in(root: typer.Typer) -> None:
    group = typer.Typer(name="schemas", help="The schemas of all events, in all versions.", no_args_is_help=True)
    group.command("list")(show)
    group.command("check")(check)
    group.command("push")(push)
    group.command("generate")(generate)
    root.add_typer(group)


def show(json: output.Json = False) -> None:
    """List every version of every event, how many of it are stored, and where it is sent."""
    from eventing.postgres.published_schemas import published_schemas, stored_versions
    from operations.language.listing import listed

    settings = _settings("postgres")
    url = _postgres(settings)
    lines = listed(_catalogue(), settings, stored_versions(url), published_schemas(url))
    if json:
        output.show_json([line._asdict() for line in lines])
        return
    output.show_table(
        ("event", "version", "stored", "topic", "subject", "id"),
        [(line.type, line.version, line.stored, line.topic, line.subject, line.schema_id or "–") for line in lines],
    )


def check(json: output.Json = False, quiet: output.Quiet = False) -> int:
    """Compare the schemas with the frozen files, the registry and what is stored; exit 1 if anything is not right."""
    import event_schemas
    from eventing.avro import Codec
    from eventing.postgres.published_schemas import published_schemas, stored_versions
    from eventing.registry import Registry
    from operations.language import checking
    from operations.language.versions import versions_of

    settings, catalogue = _settings("postgres", "registry"), _catalogue()
    url, versions = _postgres(settings), versions_of(catalogue, settings)
    complaints = [*checking.not_frozen(catalogue, checking.folder_of(event_schemas))]
    if not complaints:
        complaints += checking.not_readable(Codec(catalogue), stored_versions(url))
        with Registry(_registry(settings)) as registry:
            ids = {version: registry.find(version.subject, version.schema) for version in versions}
            complaints += checking.not_registered(registry, versions, ids)
        complaints += checking.not_published(versions, ids, published_schemas(url))
    if json:
        output.show_json({"ok": not complaints, "versions": len(versions), "complaints": complaints})
    else:
        for complaint in complaints:
            output.show(complaint)
        if not complaints:
            output.remark(
                f"All {len(versions)} versions of {len(catalogue)} events are as they should be.", quiet=quiet
            )
    return 1 if complaints else 0


def push(json: output.Json = False, quiet: output.Quiet = False) -> None:
    """Register every version at FULL_TRANSITIVE, and tell the relay the ids. Safe to run again."""
    import event_schemas
    from eventing.errors import Misconfigured
    from eventing.registry import Registry
    from operations.language import checking, pushing
    from operations.language.versions import versions_of

    settings, catalogue = _settings("postgres", "registry"), _catalogue()
    if complaints := [*checking.not_frozen(catalogue, checking.folder_of(event_schemas))]:
        raise Misconfigured(f"Nothing was pushed. {' '.join(complaints)}")
    with Registry(_registry(settings)) as registry:
        pushed = pushing.push(registry, _postgres(settings), versions_of(catalogue, settings))
    if json:
        output.show_json([{**schema._asdict(), "new": new} for schema, new in pushed])
        return
    new = [schema for schema, new in pushed if new]
    for schema in new:
        output.show(
            f"{schema.type} version {schema.schema_version} goes to {schema.topic} under id {schema.schema_id}."
        )
    output.remark(f"{len(pushed)} versions are registered, {len(new)} of them new to the relay.", quiet=quiet)


def generate(json: output.Json = False, quiet: output.Quiet = False) -> None:
    """Freeze the schema of each new version of an event; what was frozen before is never touched."""
    import event_schemas
    from eventing.avro.frozen import freeze
    from operations.language.checking import folder_of

    new = freeze(_catalogue(), folder_of(event_schemas))
    if json:
        output.show_json({"new": new})
        return
    for file in new:
        output.show(f"{file} is frozen: commit it.")
    if not new:
        output.remark("Nothing to do: every version is frozen.", quiet=quiet)


def _catalogue() -> Catalogue:
    import event_schemas
    from eventing.catalogue import Catalogue

    return Catalogue.discover(event_schemas)


def _settings(*needed: str) -> Settings:
    from operations.resolve import resolved_settings

    return resolved_settings(needed)


def _postgres(settings: Settings) -> str:
    assert settings.postgres.url is not None
    return settings.postgres.url.get_secret_value()


def _registry(settings: Settings) -> str:
    assert settings.registry.url is not None
    return settings.registry.url.get_secret_value()
