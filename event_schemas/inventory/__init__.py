"""What is set aside for an order. On the order's own topic, so that an undoing can't overtake what it undoes."""

STREAM = "reservation"
TOPIC = "order.events.v1"
