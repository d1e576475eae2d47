"""Debezium's outbox event router under Kafka Connect, as a peer of the relay: from pinned artifacts, under our Java."""
