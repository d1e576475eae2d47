-- What the services may do. They connect and run as this role: append-only and gapless is then a grant, not a habit.
-- Roles belong to the whole cluster, so another database may have made it before, or at this very moment.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orderloom_service') THEN
        CREATE ROLE orderloom_service NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format(
            'let an administrator run CREATE ROLE orderloom_service NOLOGIN; GRANT orderloom_service TO %I;',
            current_user);
END
$$;

-- Whoever owns the tables may run the services too; to superusers that is open anyway.
DO $$
BEGIN
    SET LOCAL ROLE orderloom_service;
    SET LOCAL ROLE NONE;
EXCEPTION
    WHEN insufficient_privilege THEN
        BEGIN
            EXECUTE format('GRANT orderloom_service TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format(
                'let an administrator run GRANT orderloom_service TO %I;', current_user);
        END;
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO orderloom_service;
GRANT SELECT ON events, idempotency_keys, event_log, snapshots TO orderloom_service;
GRANT EXECUTE ON FUNCTION append_events, purge_idempotency_keys, free_log TO orderloom_service;
-- A snapshot is a copy that can be made again.
GRANT INSERT, UPDATE, DELETE ON snapshots TO orderloom_service;
