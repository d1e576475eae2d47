-- What can be bought now, at which price. Always equal to the fold of the products' events: a row changes in the very
-- transaction that appends the event, and `version` is that of the product's stream.
CREATE TABLE catalogue (
    sku        text    NOT NULL PRIMARY KEY,
    name       text    NOT NULL,
    unit_price bigint  NOT NULL CHECK (unit_price > 0),
    currency   text    NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status     text    NOT NULL CHECK (status IN ('offered', 'retired')),
    version    integer NOT NULL CHECK (version > 0)
);
GRANT SELECT ON catalogue TO orderloom_service;

CREATE FUNCTION inline_write.keep_catalogue_row(kept jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO public.catalogue (sku, name, unit_price, currency, status, version)
    VALUES (kept ->> 'sku', kept ->> 'name', (kept ->> 'unit_price')::bigint, kept ->> 'currency',
            kept ->> 'status', (kept ->> 'version')::integer)
    ON CONFLICT (sku) DO UPDATE
    SET name = excluded.name, unit_price = excluded.unit_price, currency = excluded.currency,
        status = excluded.status, version = excluded.version
$$;
