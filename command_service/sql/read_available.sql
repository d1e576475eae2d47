SELECT sku, available FROM stock_levels WHERE sku = ANY (%s::text[])
