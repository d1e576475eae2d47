"""What can be bought, and at which price."""

STREAM = "product"
TOPIC = "catalogue.events.v1"
