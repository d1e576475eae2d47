-- What is booked under which delivery note or count, so that none is booked twice however long ago it was. Always equal
-- to the events of the product's stock.
CREATE TABLE stock_movements (
    sku       text   NOT NULL,
    reference text   NOT NULL,
    delta     bigint NOT NULL,
    PRIMARY KEY (sku, reference)
);
GRANT SELECT ON stock_movements TO orderloom_service;

CREATE OR REPLACE FUNCTION inline_write.move_stock_level(move jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.stock_levels (sku) VALUES (move ->> 'sku') ON CONFLICT DO NOTHING;
    UPDATE public.stock_levels SET available = available + (move ->> 'delta')::bigint
    WHERE sku = move ->> 'sku' AND available + (move ->> 'delta')::bigint >= 0;
    IF NOT FOUND THEN
        -- An order has reserved pieces after the command was decided.
        RAISE EXCEPTION 'So many pieces are not available any more.' USING ERRCODE = 'OL001', DETAIL = 'below_reserved';
    END IF;
    INSERT INTO public.stock_movements (sku, reference, delta)
    VALUES (move ->> 'sku', move ->> 'reference', (move ->> 'delta')::bigint) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        -- It was booked after the command was decided: the stream has moved on, and that is a conflict.
        RAISE EXCEPTION 'It was booked meanwhile.' USING ERRCODE = 'serialization_failure';
    END IF;
END
$$;
