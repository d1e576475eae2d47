-- One a stream and format: the newest.
INSERT INTO snapshots AS kept (stream, format, version, state) VALUES (%s, %s, %s, %s)
ON CONFLICT (stream, format) DO UPDATE
SET version = excluded.version, state = excluded.state, taken_at = clock_timestamp()
WHERE kept.version < excluded.version
