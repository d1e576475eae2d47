-- The log of all events. An event is written once and never changed; the table is the outbox as well.
CREATE TABLE events (
    position       bigint      NOT NULL PRIMARY KEY,
    recorded_at    timestamptz NOT NULL,
    event_id       uuid        NOT NULL,
    correlation_id uuid        NOT NULL,
    causation_id   uuid,
    version        integer     NOT NULL CHECK (version > 0),
    schema_version integer     NOT NULL CHECK (schema_version > 0),
    stream         text        NOT NULL CHECK (octet_length(stream) <= 97),
    type           text        NOT NULL CHECK (octet_length(type) <= 128),
    actor          text        NOT NULL CHECK (octet_length(actor) <= 1020),
    traceparent    text        CHECK (octet_length(traceparent) <= 128),
    -- Whatever is stored has to fit into a Kafka message.
    body           bytea       NOT NULL CHECK (octet_length(body) <= 262144)
);

-- The head of a stream is the last entry of this index, and it is the second wall behind the check of the head.
CREATE UNIQUE INDEX events_stream_version ON events (stream, version);
-- A retry whose first try did commit is recognised by the ids of its events.
CREATE UNIQUE INDEX events_event_id ON events (event_id);
CREATE INDEX events_correlation_id ON events (correlation_id);

-- Compressing a body costs more than the bytes it saves.
ALTER TABLE events ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Events are never changed or deleted: append one that corrects what was wrong.'
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Grants stop the services; this stops the owner and superusers who forgot what they were doing.
CREATE TRIGGER events_are_history BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_history;

-- What was answered to a request, so that its repetition is given the same answer and has no second effect.
CREATE TABLE idempotency_keys (
    scope       text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    answer      bytea       NOT NULL,
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);
ALTER TABLE idempotency_keys ALTER COLUMN answer SET STORAGE EXTERNAL;

-- The state of a long stream at a version, so that loading it need not fold everything. Can be thrown away at any time.
CREATE TABLE snapshots (
    stream   text        NOT NULL,
    format   text        NOT NULL,
    version  integer     NOT NULL CHECK (version > 0),
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state    bytea       NOT NULL,
    PRIMARY KEY (stream, format)
);

-- For people and for tools that read. Its columns are kept stable; the table behind it may change.
CREATE VIEW event_log AS
SELECT position, stream, split_part(stream, '-', 1) AS category, substr(stream, strpos(stream, '-') + 1) AS key,
       version, event_id, type, schema_version, correlation_id, causation_id, actor, traceparent, recorded_at,
       octet_length(body) AS body_bytes
FROM events;

-- Functions that keep a strongly consistent row inside an append. Only what lies here can be named by an append.
CREATE SCHEMA inline_write;
