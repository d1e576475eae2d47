-- Whether it has expired was decided by the append that found it.
SELECT position, fingerprint, answer, recorded_at FROM idempotency_keys WHERE scope = $1 AND key = $2
