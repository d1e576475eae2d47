"""What comes into the warehouse, and what a count corrects."""

STREAM = "stock"
TOPIC = "stock.events.v1"
