-- Where an event of a type and schema version is sent, and under which id of the schema registry. The owner writes it
-- when schemas are pushed; the relay reads it, and so need not know any event.
CREATE TABLE published_schemas (
    type           text        NOT NULL CHECK (octet_length(type) <= 128),
    schema_version integer     NOT NULL CHECK (schema_version > 0),
    topic          text        NOT NULL, -- with the prefix of this installation
    subject        text        NOT NULL,
    schema_id      integer     NOT NULL CHECK (schema_id >= 0),
    pushed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (type, schema_version)
);

GRANT SELECT ON published_schemas TO orderloom_service;
