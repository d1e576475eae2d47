"""What the carrier is asked for. On the order's own topic, behind what it answers."""

STREAM = "shipment"
TOPIC = "order.events.v1"
