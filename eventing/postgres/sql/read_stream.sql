-- A stream, or a part of it, in the order of its versions.
SELECT position, stream, version, event_id, type, schema_version, correlation_id, causation_id, actor, traceparent,
       recorded_at, body
FROM events
WHERE stream = %(stream)s AND version BETWEEN %(from_version)s AND %(to_version)s
  AND (%(to_time)s::timestamptz IS NULL OR recorded_at <= %(to_time)s)
ORDER BY version
LIMIT %(limit)s
