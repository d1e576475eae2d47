-- One row a relay. Everything up to `position` is in Kafka, acknowledged.
CREATE TABLE relays (
    name          text             NOT NULL PRIMARY KEY,
    position      bigint           NOT NULL DEFAULT 0 CHECK (position >= 0),
    moved_at      timestamptz,
    rate          double precision NOT NULL DEFAULT 0,
    last_error    text,
    last_error_at timestamptz,
    -- Settings in force while it runs; NULL means what the process was started with.
    linger_ms     double precision CHECK (linger_ms BETWEEN 0 AND 1000),
    batch         integer          CHECK (batch BETWEEN 1 AND 100000)
) WITH (fillfactor = 10);  -- moved many times a second: room on the page spares the index

INSERT INTO relays (name) VALUES ('relay');

-- How many partitions each topic was made with. A key stays on its partition for ever, so this never changes.
CREATE TABLE topic_partitions (
    topic      text    NOT NULL PRIMARY KEY,
    partitions integer NOT NULL CHECK (partitions > 0)
);

-- Where the relay stands, for people, for load shedding and for alarms.
CREATE VIEW relay_status AS
SELECT relays.name, leases.holder AS leader, leases.epoch, relays.position AS checkpoint, log.head,
       log.head - relays.position AS lag_events,
       coalesce(extract(epoch FROM clock_timestamp() - oldest.recorded_at), 0)::float8 AS lag_seconds,
       relays.rate, relays.moved_at, relays.last_error, relays.last_error_at, relays.linger_ms, relays.batch
FROM relays
LEFT JOIN leases ON leases.name = relays.name AND leases.expires_at > clock_timestamp()
CROSS JOIN LATERAL (SELECT coalesce(max(position), 0) AS head FROM events) AS log
LEFT JOIN LATERAL (SELECT recorded_at FROM events WHERE position = relays.position + 1) AS oldest ON true;

GRANT SELECT, UPDATE ON relays TO orderloom_service;
GRANT SELECT, INSERT ON topic_partitions TO orderloom_service;
GRANT SELECT ON relay_status TO orderloom_service;
