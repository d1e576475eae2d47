"""What is not right between the event language here and the registry, the store and the relay: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

from eventing.avro import Codec
from eventing.avro.frozen import changes, missing
from eventing.catalogue import SCHEMA_FOLDER, Catalogue
from eventing.errors import Unreadable
from eventing.postgres.published_schemas import PublishedSchema, StoredVersion
from eventing.registry import FULL_TRANSITIVE, Registry
from operations.language.versions import Version

Ids: TypeAlias = Mapping[Version, int | None]
"""Under which id each version is registered."""


def folder_of(package: ModuleType) -> Path:
    return Path(str(files(package))) / SCHEMA_FOLDER


def not_frozen(catalogue: Catalogue, folder: Path) -> Iterator[str]:
    yield from changes(catalogue, folder)
    for file in missing(catalogue):
        yield f"{file} is missing: run `orders schemas generate`."


def not_registered(registry: Registry, versions: Sequence[Version], ids: Ids) -> Iterator[str]:
    known = {version.subject for version in versions if ids[version] is not None}
    for subject in dict.fromkeys(version.subject for version in versions):
        level = registry.level(subject)
        if level != FULL_TRANSITIVE and (level is not None or subject in known):
            yield f"The registry asks {level} of {subject}, not {FULL_TRANSITIVE}: run `orders schemas push`."
    waiting = [version for version in versions if ids[version] is None]
    refused = [version for version in waiting if not registry.accepts(version.subject, version.schema)]
    for version in refused:
        yield (
            f"{version} is incompatible with what {version.subject} holds in the registry: put the schema back, and "
            "make the change a new shape with an upcaster."
        )
    if new := [version for version in waiting if version not in refused]:
        yield f"Not registered yet: {_listed(new)}. Run `orders schemas push`."


def not_readable(codec: Codec, stored: Sequence[StoredVersion]) -> Iterator[str]:
    """Each stored version has to be known here, and its newest event readable."""
    for version in stored:
        try:
            codec.decode(version.type, version.schema_version, version.body)
        except Unreadable as error:
            yield f"The store holds {version.events} of {version.type} version {version.schema_version}. {error}"


def not_published(versions: Sequence[Version], ids: Ids, published: Sequence[PublishedSchema]) -> Iterator[str]:
    told = {(schema.type, schema.schema_version): schema for schema in published}
    outdated = []
    for version in versions:
        schema_id = ids[version]
        if schema_id is not None and told.get((version.type, version.version)) != version.published(schema_id):
            outdated.append(version)
    if outdated:
        yield f"The relay was not told where to send {_listed(outdated)}. Run `orders schemas push`."


def _listed(versions: Sequence[Version]) -> str:
    return ", ".join(map(str, versions))
