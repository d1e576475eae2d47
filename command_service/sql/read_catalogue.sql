SELECT sku, version, name, unit_price, currency, status FROM catalogue WHERE sku = ANY (%s::text[])
