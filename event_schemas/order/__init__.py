"""What a customer asks for, and how it ends."""

STREAM = "order"
TOPIC = "order.events.v1"
