"""The mechanism of the platform: events, streams, the store, the loops. It knows no order, no stock and no card."""
