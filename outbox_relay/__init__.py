"""How it leaves: bytes from Postgres to Kafka, in order, by one leader. It decodes nothing."""
