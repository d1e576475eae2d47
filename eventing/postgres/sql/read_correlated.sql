-- Everything that happened in one conversation.
SELECT position, stream, version, event_id, type, schema_version, correlation_id, causation_id, actor, traceparent,
       recorded_at, body
FROM events
WHERE correlation_id = %s
ORDER BY position
LIMIT %s
