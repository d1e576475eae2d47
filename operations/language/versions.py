"""Every version of every event, with where it is sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from eventing.avro.lint import full_name
from eventing.catalogue import Catalogue
from eventing.postgres.published_schemas import PublishedSchema
from eventing.registry.subjects import subject_of
from eventing.settings import Settings


class Version(NamedTuple):
    type: str
    version: int
    topic: str
    subject: str
    schema: str

    def published(self, schema_id: int) -> PublishedSchema:
        """What the relay is told."""
        return PublishedSchema(self.type, self.version, self.topic, self.subject, schema_id)

    def __str__(self) -> str:
        return f"{self.type} version {self.version}"


def versions_of(catalogue: Catalogue, settings: Settings) -> Sequence[Version]:
    """In the order in which they were written, so that a registry gets the older one first."""
    found = []
    for kind in catalogue:
        topic = settings.kafka.topic_prefix + kind.topic
        for version, schema in sorted(kind.schemas.items()):
            record = full_name(json.loads(schema))
            subject = subject_of(topic, record, prefix=settings.registry.subject_prefix)
            found.append(Version(kind.name, version, topic, subject, schema))
    return found
