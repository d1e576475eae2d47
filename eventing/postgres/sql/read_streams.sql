-- Several whole streams in one round trip.
SELECT position, stream, version, event_id, type, schema_version, correlation_id, causation_id, actor, traceparent,
       recorded_at, body
FROM events
WHERE stream = ANY (%s)
ORDER BY stream, version
