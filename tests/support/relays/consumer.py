"""A consumer whose effects and position live in one database: the rule that makes what comes twice harmless.

It moves its position of a partition by compare-and-set in the transaction of the effect. Whoever finds another value
there than the one it knows has been overtaken: nothing of its transaction stays, and it learns where things stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import psycopg

from tests.support.relays.checker import Published

Place = tuple[str, int]
TABLES = """
    CREATE TABLE consumed (topic text, partition int, position bigint NOT NULL, PRIMARY KEY (topic, partition));
    CREATE TABLE effects (number bigserial, event_id text, stream text, version int);
"""
MOVE = "UPDATE consumed SET position = %s WHERE topic = %s AND partition = %s AND position = %s"
UNCHECKED = "UPDATE consumed SET position = %s WHERE topic = %s AND partition = %s AND %s IS NOT NULL"
EFFECT = "INSERT INTO effects (event_id, stream, version) VALUES (%s, %s, %s)"


class Consumer:
    def __init__(self, url: str, *, compares: bool = True) -> None:
        self._url = url
        self._move = MOVE if compares else UNCHECKED
        self._known: dict[Place, int] = {}

    def assigned(self, places: Iterable[Place]) -> None:
        """From here on it believes these partitions to be its own."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            self._known = {place: reached(connection, place) for place in places}

    def take(self, records: Sequence[Published]) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            for record in records:
                self._take(connection, record)

    def _take(self, connection: psycopg.Connection, record: Published) -> None:
        place, event = (record.topic, record.partition), record.event
        known = self._known[place]
        if event.position <= known:
            return
        with connection.transaction():
            if connection.execute(self._move, (event.position, *place, known)).rowcount:
                connection.execute(EFFECT, (str(event.event_id), event.stream, event.version))
                self._known[place] = event.position
                return
        self._known[place] = reached(connection, place)
        self._take(connection, record)


def reached(connection: psycopg.Connection, place: Place) -> int:
    connection.execute("INSERT INTO consumed VALUES (%s, %s, 0) ON CONFLICT DO NOTHING", place)
    rows = connection.execute("SELECT position FROM consumed WHERE topic = %s AND partition = %s", place).fetchall()
    return int(rows[0][0])
