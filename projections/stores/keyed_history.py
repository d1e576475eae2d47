"""The log key by key, for checking documents: all of one key's events together, in their order, from a sorted scan.

Postgres sorts, on its disk where it has to; what is held here is one key's events at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import psycopg

from eventing.catalogue import Catalogue
from eventing.postgres.connecting import conninfo, explained
from eventing.streams import key_of
from projections.hearing import Decode
from projections.read_model import Family, Heard, ReadModel, at_text
from projections.replay_ports import Told

FETCHED: Final = 5_000
_KEYED: Final = """
    SELECT type, schema_version, body, stream, version, position, recorded_at FROM events
    WHERE position <= %s AND type = ANY(%s::text[])
    ORDER BY substr(stream, strpos(stream, '-') + 1) COLLATE "C", position
"""
_OF_STREAMS: Final = """
    SELECT type, schema_version, body, stream, version, position, recorded_at FROM events
    WHERE stream = ANY(%s::text[]) AND type = ANY(%s::text[]) ORDER BY position
"""
Row = tuple[Any, ...]


class KeyedHistory:
    def __init__(self, url: str, model: ReadModel, catalogue: Catalogue, decode: Decode) -> None:
        self._conninfo = conninfo(
            url,
            application_name="orderloom verify",
            statement_timeout="0",
            work_mem="64MB",
            idle_in_transaction_session_timeout="60s",
        )
        self._model = model
        self._decode = decode
        self._types = sorted(model.heard_by)
        self._categories = {
            family.name: sorted({kind.stream for kind in catalogue if kind.topic == family.topic})
            for family in model.families
        }

    def keys(self, until: int) -> Iterator[tuple[str, Sequence[Told]]]:
        """Each key with what is heard of it up to a position of the log, in the order of the keys."""
        try:
            with psycopg.connect(self._conninfo) as connection, connection.cursor("keyed", binary=True) as cursor:
                cursor.itersize = FETCHED
                cursor.execute(_KEYED, (until, self._types))
                yield from _grouped(cursor)
        except psycopg.Error as error:
            raise explained(error) from error

    def of(self, family: Family, keys: Sequence[str]) -> Mapping[str, Sequence[Told]]:
        """All that there is of these keys."""
        streams = [f"{category}-{key}" for category in self._categories[family.name] for key in keys]
        found: dict[str, list[Told]] = {key: [] for key in keys}
        try:
            with psycopg.connect(self._conninfo) as connection, connection.cursor(binary=True) as cursor:
                for row in cursor.execute(_OF_STREAMS, (streams, self._types)):
                    told = _told(row)
                    found[told.key].append(told)
        except psycopg.Error as error:
            raise explained(error) from error
        return found

    def heard(self, told: Told) -> Heard:
        name, schema_version, body, stream, version, position, at = told.row
        return Heard(self._decode(name, schema_version, body), stream, version, position, at_text(at))


def _grouped(rows: Iterable[Row]) -> Iterator[tuple[str, Sequence[Told]]]:
    group: list[Told] = []
    for row in rows:
        told = _told(row)
        if group and group[0].key != told.key:
            yield group[0].key, group
            group = []
        group.append(told)
    if group:
        yield group[0].key, group


def _told(row: Row) -> Told:
    return Told(key_of(row[3]), row[5], row[0], row)
