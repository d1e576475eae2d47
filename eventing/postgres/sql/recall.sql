-- What was answered under an idempotency key, while it is kept.
SELECT position, fingerprint, answer, recorded_at
FROM idempotency_keys
WHERE scope = %s AND key = %s AND expires_at > clock_timestamp()
