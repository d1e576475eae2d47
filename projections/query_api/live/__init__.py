"""Live streams: what happens to an order or a customer, as it happens, without a gap."""
