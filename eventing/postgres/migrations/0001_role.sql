-- What the services may do. They connect and run as this role: append-only and gapless is then a grant, not a habit.
-- Roles belong to the whole cluster, so another database may have made it before, or at this very moment.
DO $$
BEGIN
    CREATE ROLE orderloom_service NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO orderloom_service;
GRANT SELECT ON events, idempotency_keys, event_log, snapshots TO orderloom_service;
GRANT EXECUTE ON FUNCTION append_events, purge_idempotency_keys, free_log TO orderloom_service;
-- A snapshot is a copy that can be made again.
GRANT INSERT, UPDATE, DELETE ON snapshots TO orderloom_service;
