SELECT purge_idempotency_keys(%s)
