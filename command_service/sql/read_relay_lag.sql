-- Where no relay has ever run nothing is late yet: somebody tries the write API alone. Their events are counted still.
SELECT max(lag_events)::bigint, max(CASE WHEN moved_at IS NULL THEN 0 ELSE lag_seconds END)::float8 FROM relay_status
