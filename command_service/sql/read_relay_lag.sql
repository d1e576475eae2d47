SELECT max(lag_events)::bigint, max(lag_seconds)::float8 FROM relay_status
