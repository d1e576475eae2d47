-- Tells which appends took effect when their answer was lost.
SELECT event_id, position, version, recorded_at FROM events WHERE event_id = ANY ($1)
