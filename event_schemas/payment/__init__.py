"""What is taken from the customer and given back. On the order's own topic, behind what it answers."""

STREAM = "payment"
TOPIC = "order.events.v1"
