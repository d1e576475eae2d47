"""What there is: each version of each event, what is stored of it and where it goes. Also what nobody here knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eventing.catalogue import Catalogue
from eventing.postgres.published_schemas import PublishedSchema, StoredVersion
from eventing.settings import Settings
from operations.language.versions import versions_of


class Line(NamedTuple):
    type: str
    version: int
    newest: bool
    stored: int
    topic: str | None
    subject: str | None
    schema_id: int | None
    """None while it was not pushed."""


def listed(
    catalogue: Catalogue,
    settings: Settings,
    stored: Sequence[StoredVersion],
    published: Sequence[PublishedSchema],
) -> Sequence[Line]:
    events = {(version.type, version.schema_version): version.events for version in stored}
    ids = {(told.type, told.schema_version): told.schema_id for told in published}
    lines = []
    for version in versions_of(catalogue, settings):
        key, newest = (version.type, version.version), version.version == catalogue[version.type].version
        lines.append(Line(*key, newest, events.pop(key, 0), version.topic, version.subject, ids.get(key)))
    strangers = [Line(*key, False, count, None, None, ids.get(key)) for key, count in events.items()]
    return sorted([*lines, *strangers])
