-- Several streams in one round trip: whole, or the newest events of each.
SELECT position, stream, version, event_id, type, schema_version, correlation_id, causation_id, actor, traceparent,
       recorded_at, body
FROM unnest(%s::text[]) AS asked (name)
CROSS JOIN LATERAL (SELECT * FROM events WHERE stream = asked.name ORDER BY version DESC LIMIT %s) AS found
ORDER BY stream, version
