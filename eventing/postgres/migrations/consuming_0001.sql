-- How far each consumer has come in each partition. A mark moves in the transaction of the effect, by compare-and-set.
CREATE TABLE consumer_marks (
    consumer    text        NOT NULL,
    topic       text        NOT NULL,
    partition   integer     NOT NULL CHECK (partition >= 0),
    next_offset bigint      NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    position    bigint      NOT NULL DEFAULT 0 CHECK (position >= 0),
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 20);  -- moved many times a second: room on the page spares the index
GRANT SELECT ON consumer_marks TO orderloom_service;

-- Raises OL003 if any mark is not where its owner believes: another process reads that partition now, and the whole
-- transaction, with every effect in it, must not take place. Called before any other lock is taken.
CREATE FUNCTION move_consumer_marks(
    of_consumer text, topics text[], partitions integer[],
    expected_offsets bigint[], next_offsets bigint[], positions bigint[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moved bigint;
BEGIN
    -- In one order everywhere, so that an owner and a zombie with several partitions never wait crosswise.
    PERFORM 1 FROM consumer_marks m
    WHERE m.consumer = of_consumer
      AND (m.topic, m.partition) IN (SELECT asked.topic, asked.number FROM unnest(topics, partitions) AS asked (topic, number))
    ORDER BY m.topic, m.partition FOR UPDATE;

    INSERT INTO consumer_marks AS kept (consumer, topic, partition, next_offset, position)
    SELECT of_consumer, asked.topic, asked.number, asked.following, asked.reached
    FROM unnest(topics, partitions, expected_offsets, next_offsets, positions)
         AS asked (topic, number, expected, following, reached)
    WHERE asked.expected = 0
       OR EXISTS (SELECT FROM consumer_marks m
                  WHERE (m.consumer, m.topic, m.partition) = (of_consumer, asked.topic, asked.number))
    ORDER BY asked.topic, asked.number
    ON CONFLICT (consumer, topic, partition) DO UPDATE
    SET next_offset = excluded.next_offset, position = excluded.position, moved_at = clock_timestamp()
    WHERE kept.position <= excluded.position
      AND kept.next_offset = (
          SELECT asked.expected FROM unnest(topics, partitions, expected_offsets) AS asked (topic, number, expected)
          WHERE (asked.topic, asked.number) = (kept.topic, kept.partition));
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(topics) THEN
        RAISE EXCEPTION 'A mark of % is not where it was believed to be.', of_consumer USING ERRCODE = 'OL003';
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION move_consumer_marks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_consumer_marks TO orderloom_service;

-- What a consumer could not handle, and whatever came after it under the same key, in order. `retry_asked_at` is an
-- operator's wish; the consumer that reads the partition carries it out.
CREATE TABLE parked_events (
    id             bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer       text        NOT NULL,
    topic          text        NOT NULL,
    partition      integer     NOT NULL,
    kafka_offset   bigint      NOT NULL,
    key            text        NOT NULL,
    event_type     text,
    position       bigint,
    value          bytea       NOT NULL,
    header_names   text[]      NOT NULL,
    header_values  bytea[]     NOT NULL,
    cause_code     text        NOT NULL,
    cause          text        NOT NULL,
    attempts       integer     NOT NULL CHECK (attempts >= 0),
    parked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    retry_asked_at timestamptz,
    UNIQUE (consumer, topic, partition, kafka_offset)
);
CREATE INDEX parked_events_by_key ON parked_events (consumer, topic, partition, key, kafka_offset);

-- Those of one consumer in the partitions that it reads.
CREATE FUNCTION parked_among(of_consumer text, topics text[], partitions integer[]) RETURNS SETOF parked_events
LANGUAGE sql STABLE AS $$
    SELECT e.* FROM parked_events e
    WHERE e.consumer = of_consumer
      AND (e.topic, e.partition) IN (SELECT asked.topic, asked.number FROM unnest(topics, partitions) AS asked (topic, number))
$$;

-- Those that an operator means. A condition that is NULL holds for all.
CREATE FUNCTION parked_chosen(number bigint, of_consumer text, of_key text, of_type text, of_cause text)
RETURNS SETOF parked_events LANGUAGE sql STABLE AS $$
    SELECT e.* FROM parked_events e
    WHERE (number IS NULL OR e.id = number) AND (of_consumer IS NULL OR e.consumer = of_consumer)
      AND (of_key IS NULL OR e.key = of_key) AND (of_type IS NULL OR e.event_type = of_type)
      AND (of_cause IS NULL OR e.cause_code = of_cause)
$$;

-- In order: a chosen event is reached only over those of its key that came before it.
CREATE FUNCTION parked_reached(number bigint, of_consumer text, of_key text, of_type text, of_cause text)
RETURNS SETOF parked_events LANGUAGE sql STABLE AS $$
    SELECT e.* FROM parked_events e
    JOIN (SELECT c.consumer, c.topic, c.partition, c.key, max(c.kafka_offset) AS until
          FROM parked_chosen(number, of_consumer, of_key, of_type, of_cause) c
          GROUP BY c.consumer, c.topic, c.partition, c.key) AS last
      ON (e.consumer, e.topic, e.partition, e.key) = (last.consumer, last.topic, last.partition, last.key)
    WHERE e.kafka_offset <= last.until
$$;
GRANT EXECUTE ON FUNCTION parked_among, parked_chosen, parked_reached TO orderloom_service;

-- What operators decided about parked events, for ever.
CREATE TABLE parked_decisions (
    id           bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    decided_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    decision     text        NOT NULL CHECK (decision IN ('retry', 'discard')),
    actor        text        NOT NULL,
    reason       text        NOT NULL,
    consumer     text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    kafka_offset bigint      NOT NULL,
    key          text        NOT NULL,
    event_type   text,
    position     bigint,
    cause        text        NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON parked_events TO orderloom_service;
GRANT SELECT, INSERT ON parked_decisions TO orderloom_service;
