"""Registers what is not registered yet, and tells the relay the ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eventing.postgres.published_schemas import PublishedSchema, publish_schemas, published_schemas
from eventing.registry import FULL_TRANSITIVE, Registry
from eventing.registry.client import incompatible
from operations.language.versions import Version


class Pushed(NamedTuple):
    schema: PublishedSchema
    new: bool
    """The relay was not told before, or of another topic, subject or id."""


def push(registry: Registry, url: str, versions: Sequence[Version]) -> Sequence[Pushed]:
    """All or nothing as far as can be seen beforehand: nothing is registered while one schema would be refused."""
    known = set(published_schemas(url))
    for subject in dict.fromkeys(version.subject for version in versions):
        if registry.level(subject) != FULL_TRANSITIVE:
            registry.demand_full_transitive(subject)
    for version in versions:
        if registry.find(version.subject, version.schema) is None and not registry.accepts(
            version.subject, version.schema
        ):
            raise incompatible(version.subject)
    pushed = [version.published(registry.register(version.subject, version.schema)) for version in versions]
    publish_schemas(url, pushed)
    return [Pushed(schema, schema not in known) for schema in pushed]
