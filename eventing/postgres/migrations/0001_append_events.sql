-- Which appends of a batch must not be carried out now: `done` ones were carried out before under their idempotency
-- key, `refused` ones name a stream that is not at the version they believed in.
CREATE TYPE batch_verdict AS (heads integer[], done integer[], refused integer[]);

CREATE FUNCTION judge_batch(
    streams text[], write_append integer[], write_stream integer[], write_expected integer[],
    keyed_append integer[], scopes text[], keys text[]
) RETURNS batch_verdict LANGUAGE plpgsql STABLE AS $$
DECLARE
    verdict batch_verdict;
BEGIN
    verdict.heads := ARRAY(
        SELECT coalesce(
            (SELECT e.version FROM events e WHERE e.stream = named.stream ORDER BY e.version DESC LIMIT 1), 0)
        FROM unnest(streams) WITH ORDINALITY AS named (stream, n) ORDER BY named.n);
    IF cardinality(keyed_append) > 0 THEN
        -- A subquery and no join: a plan that was made while the table was empty would read all of it for ever.
        verdict.done := ARRAY(
            SELECT asked.append
            FROM unnest(keyed_append, scopes, keys) AS asked (append, scope, key)
            WHERE (SELECT kept.expires_at FROM idempotency_keys kept
                   WHERE kept.scope = asked.scope AND kept.key = asked.key) > clock_timestamp());
    ELSE
        verdict.done := '{}';
    END IF;
    -- -1 asks for a stream that exists, -2 for nothing (eventing.event_store).
    verdict.refused := ARRAY(
        SELECT DISTINCT w.append
        FROM unnest(write_append, write_stream, write_expected) AS w (append, stream, expected)
        WHERE NOT (w.expected = verdict.heads[w.stream]
                   OR w.expected = -2 OR (w.expected = -1 AND verdict.heads[w.stream] > 0))
          AND w.append <> ALL (verdict.done));
    RETURN verdict;
END
$$;

-- The lock of the log, kept until the transaction has ended. Nobody may take another lock after it.
CREATE FUNCTION lock_log() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'An append has to see what was committed before it got the lock: use READ COMMITTED.'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    PERFORM pg_advisory_xact_lock(7205321);
END
$$;

-- In one order everywhere, so that two transactions never wait for each other's rows.
CREATE FUNCTION do_inline_writes(
    appends integer[], functions text[], keys text[], payloads jsonb[], skipped integer[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    write record;
BEGIN
    FOR write IN
        SELECT w.function, w.payload
        FROM unnest(appends, functions, keys, payloads) WITH ORDINALITY AS w (append, function, key, payload, n)
        WHERE w.append <> ALL (skipped)
        ORDER BY w.function, w.key, w.n
    LOOP
        EXECUTE format('SELECT inline_write.%I($1)', write.function) USING write.payload;
    END LOOP;
END
$$;

-- For an append inside somebody's own transaction: an answer would let the COMMIT behind it pass, an error does not.
CREATE FUNCTION refuse_batch(
    verdict batch_verdict, streams text[], write_append integer[], write_stream integer[], write_expected integer[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    facts jsonb;
BEGIN
    SELECT jsonb_build_object('stream', streams[w.stream], 'expected', w.expected, 'actual', verdict.heads[w.stream])
    INTO facts
    FROM unnest(write_append, write_stream, write_expected) WITH ORDINALITY AS w (append, stream, expected, n)
    WHERE w.append = ANY (verdict.refused)
      AND NOT (w.expected = verdict.heads[w.stream]
               OR w.expected = -2 OR (w.expected = -1 AND verdict.heads[w.stream] > 0))
    ORDER BY w.n LIMIT 1;
    RAISE EXCEPTION 'An append of this transaction can not be carried out.'
        USING ERRCODE = 'OL002', DETAIL = coalesce(facts, '{}')::text;
END
$$;

CREATE TYPE batch_answer AS (
    base bigint, recorded_at timestamptz, heads integer[], done integer[], refused integer[]
);

-- Carries out a batch of appends; each is one whole thing, and none touches another. Every array has one element for
-- each append, stream, write, event, key or inline write, and refers to the others by their place, counted from 1.
-- A stream is written by at most one append of a batch; `keyed_events` counts the events up to and with that append. The order of the steps is what makes the log trustworthy:
-- 1. inline writes, with whatever row locks they take;
-- 2. the lock of the log: the last lock of the transaction, kept until it has committed, so that whoever comes next sees
--    these events. It is what makes positions gapless and their order the order of commits;
-- 3. the heads as they are under that lock, positions one after another, the events.
-- From 3 on nothing may fail softly: an error takes back the whole batch, and with it every position it was given.
CREATE FUNCTION append_events(
    streams text[], write_append integer[], write_stream integer[], write_expected integer[],
    event_append integer[], event_head integer[], event_offset integer[], event_stream text[], event_id uuid[],
    event_type text[], event_schema_version integer[], event_correlation_id uuid[], event_causation_id uuid[],
    event_actor text[], event_traceparent text[], event_body bytea[],
    keyed_append integer[], keyed_events integer[], scopes text[], keys text[], fingerprints bytea[], answers bytea[],
    inline_append integer[], inline_function text[], inline_key text[], inline_payload jsonb[],
    all_or_nothing boolean
) RETURNS batch_answer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before  batch_verdict;
    verdict batch_verdict;
    answer  batch_answer;
    heads   integer[];
    skipped integer[];
BEGIN
    IF cardinality(inline_append) > 0 THEN
        before := judge_batch(streams, write_append, write_stream, write_expected, keyed_append, scopes, keys);
        PERFORM do_inline_writes(inline_append, inline_function, inline_key, inline_payload,
                                 before.done || before.refused);
    END IF;

    PERFORM lock_log();

    verdict := judge_batch(streams, write_append, write_stream, write_expected, keyed_append, scopes, keys);
    skipped := verdict.done || verdict.refused;
    IF cardinality(inline_append) > 0 AND EXISTS (
        SELECT FROM unnest(inline_append) AS i (append)
        WHERE (i.append = ANY (skipped)) <> (i.append = ANY (before.done || before.refused))
    ) THEN
        RAISE EXCEPTION 'A stream moved on between its inline writes and the lock of the log.'
            USING ERRCODE = 'serialization_failure';
    END IF;
    IF all_or_nothing AND cardinality(skipped) > 0 THEN
        PERFORM refuse_batch(verdict, streams, write_append, write_stream, write_expected);
    END IF;

    SELECT e.position, e.recorded_at INTO answer.base, answer.recorded_at
    FROM events e ORDER BY e.position DESC LIMIT 1;
    answer.base := coalesce(answer.base, 0);
    answer.recorded_at := greatest(clock_timestamp(), answer.recorded_at);
    heads := verdict.heads;
    answer.heads := heads;
    answer.done := verdict.done;
    answer.refused := verdict.refused;

    INSERT INTO events (position, recorded_at, event_id, correlation_id, causation_id, version, schema_version,
                        stream, type, actor, traceparent, body)
    SELECT answer.base + row_number() OVER (ORDER BY e.n), answer.recorded_at, e.id, e.correlation_id, e.causation_id,
           heads[e.head] + e.after_head, e.schema_version, e.stream, e.type, e.actor, e.traceparent, e.body
    FROM unnest(event_append, event_head, event_offset, event_stream, event_id, event_type, event_schema_version,
                event_correlation_id, event_causation_id, event_actor, event_traceparent, event_body)
         WITH ORDINALITY AS e (append, head, after_head, stream, id, type, schema_version,
                               correlation_id, causation_id, actor, traceparent, body, n)
    WHERE e.append <> ALL (skipped);

    IF cardinality(keyed_append) > 0 THEN
        INSERT INTO idempotency_keys AS kept (scope, key, fingerprint, answer, position, recorded_at, expires_at)
        SELECT k.scope, k.key, k.fingerprint, k.answer,
               answer.base + k.events - CASE WHEN skipped = '{}' THEN 0 ELSE (
                   SELECT count(*) FROM unnest(event_append) AS e (append)
                   WHERE e.append < k.append AND e.append = ANY (skipped)) END,
               answer.recorded_at, clock_timestamp() + interval '24 hours'
        FROM unnest(keyed_append, keyed_events, scopes, keys, fingerprints, answers)
             AS k (append, events, scope, key, fingerprint, answer)
        WHERE k.append <> ALL (skipped)
        -- Only a key that has expired can be met here: any other made its append `done`.
        ON CONFLICT (scope, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, answer = excluded.answer, position = excluded.position,
            recorded_at = excluded.recorded_at, expires_at = excluded.expires_at;
    END IF;
    RETURN answer;
END
$$;

-- Forgets answers that need not be kept any longer, some at a time; returns how many.
CREATE FUNCTION purge_idempotency_keys(at_most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH purged AS (
        DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM idempotency_keys WHERE expires_at <= clock_timestamp()
            ORDER BY expires_at LIMIT at_most FOR UPDATE SKIP LOCKED))
        RETURNING 1)
    SELECT count(*) FROM purged
$$;

-- Ends connections that hold the lock of the log while they wait for their client, which may be paused or gone for ever.
-- Nobody who appends as intended is met here: an append commits without waiting for anybody. Returns how many it ended.
CREATE FUNCTION free_log() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(pg_terminate_backend(activity.pid))
    FROM pg_locks held JOIN pg_stat_activity activity USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.objid = 7205321 AND held.classid = 0 AND held.objsubid = 1
      AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND activity.wait_event = 'ClientRead' AND activity.state_change < clock_timestamp() - interval '1 second'
      AND activity.pid <> pg_backend_pid()
$$;
