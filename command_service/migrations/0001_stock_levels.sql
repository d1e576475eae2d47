-- How many pieces there are of each product: those that can still be promised to an order, and those that are promised.
-- A row changes in the very transaction that appends the event. That stock is never sold twice is the first CHECK.
CREATE TABLE stock_levels (
    sku       text   NOT NULL PRIMARY KEY,
    available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    reserved  bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    on_hand   bigint NOT NULL GENERATED ALWAYS AS (available + reserved) STORED
);
GRANT SELECT ON stock_levels TO orderloom_service;

CREATE FUNCTION inline_write.move_stock_level(move jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.stock_levels (sku) VALUES (move ->> 'sku') ON CONFLICT DO NOTHING;
    UPDATE public.stock_levels SET available = available + (move ->> 'delta')::bigint
    WHERE sku = move ->> 'sku' AND available + (move ->> 'delta')::bigint >= 0;
    IF NOT FOUND THEN
        -- An order has reserved pieces after the command was decided.
        RAISE EXCEPTION 'So many pieces are not available any more.' USING ERRCODE = 'OL001', DETAIL = 'below_reserved';
    END IF;
END
$$;
