-- The log after a position. Safe to page by, since positions have no gaps and come in the order of commits.
SELECT position, stream, version, event_id, type, schema_version, correlation_id, causation_id, actor, traceparent,
       recorded_at, body
FROM events
WHERE position > %s
ORDER BY position
LIMIT %s
