SELECT delta FROM stock_movements WHERE sku = %s AND reference = %s
