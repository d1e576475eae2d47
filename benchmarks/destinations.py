"""Where a relay sends what: the topics of one run, so that no registry need be asked."""

from __future__ import annotations

import psycopg

from eventing.catalogue import Catalogue

DESTINATION = """
INSERT INTO published_schemas (type, schema_version, topic, subject, schema_id) VALUES (%s, %s, %s, 'bench', %s)
"""


def publish_to(url: str, prefix: str, catalogue: Catalogue) -> None:
    with psycopg.connect(url) as connection:
        for number, kind in enumerate(catalogue, 1):
            for version in kind.schemas:
                connection.execute(DESTINATION, (kind.name, version, f"{prefix}{kind.topic}", number))
