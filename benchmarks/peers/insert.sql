\set n :n + 1
INSERT INTO plain_events (position, stream, version, event_id, type, schema_version, correlation_id, actor, recorded_at, body) VALUES (nextval('plain_positions'), 'order-' || :run || :client_id || '-' || :n, 1, gen_random_uuid(), 'order.placed', 2, gen_random_uuid(), 'bench', clock_timestamp(), :body)
