-- The levels of what is available, as they are and stay until this transaction ends. In one order everywhere, so that
-- two transactions over several products never wait crosswise. A product that never had any stock has no row.
CREATE FUNCTION lock_stock_levels(skus text[]) RETURNS TABLE (of_sku text, pieces bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT levels.sku, levels.available FROM stock_levels levels
    WHERE levels.sku = ANY (skus) ORDER BY levels.sku FOR UPDATE
$$;

-- Pieces go from those that are available to those that are promised, and back; what is on hand stays what it was.
CREATE FUNCTION move_promised_stock(skus text[], deltas bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moved bigint;
BEGIN
    UPDATE stock_levels levels SET available = available + moves.delta, reserved = reserved - moves.delta
    FROM unnest(skus, deltas) AS moves (sku, delta) WHERE levels.sku = moves.sku;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(skus) THEN
        RAISE EXCEPTION 'Stock moves that has no level: run `orders stock rebuild`.' USING ERRCODE = 'OL001', DETAIL = 'no_level';
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION lock_stock_levels, move_promised_stock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_stock_levels, move_promised_stock TO orderloom_service;

-- What the outside world has still to answer. A row is written in the transaction that appends the intent and goes in
-- the one that appends what follows from the answer, so it says nothing that the streams don't say; who asks, when next.
CREATE TABLE open_intents (
    intent_id       uuid        NOT NULL PRIMARY KEY, -- the id of the event
    participant     text        NOT NULL,
    order_id        text        NOT NULL,
    type            text        NOT NULL,
    opened_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts        integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease_owner     text,
    lease_until     timestamptz,
    trouble         text,
    -- Refused as a question, our own mistake: nobody asks again before an operator says so.
    rejected_at     timestamptz
) WITH (fillfactor = 50);
CREATE INDEX open_intents_due ON open_intents (participant, next_attempt_at) WHERE rejected_at IS NULL;
CREATE INDEX open_intents_order ON open_intents (order_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON open_intents TO orderloom_service;

-- Until when a step of an order has to have ended. `infinity` for one that has: its beginning may still come. All rows
-- of an order go when the order ends, so one that is there belongs to an order that is open.
CREATE TABLE order_deadlines (
    order_id text        NOT NULL,
    step     text        NOT NULL,
    begun_at timestamptz NOT NULL, -- as the event says that began it, or ended it
    position bigint      NOT NULL, -- of that event
    due_at   timestamptz NOT NULL,
    fired_at timestamptz,
    PRIMARY KEY (order_id, step)
) WITH (fillfactor = 70);
CREATE INDEX order_deadlines_due ON order_deadlines (due_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON order_deadlines TO orderloom_service;

-- How far the watchdogs have read the log. Deadlines come from the log itself, not from what somebody has heard, so that
-- none is missed while Kafka, the relay or a participant stands still.
CREATE TABLE watchdog_mark (
    only_row  boolean     NOT NULL PRIMARY KEY DEFAULT true CHECK (only_row),
    position  bigint      NOT NULL DEFAULT 0,
    looked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO watchdog_mark DEFAULT VALUES;
GRANT SELECT, UPDATE ON watchdog_mark TO orderloom_service;
