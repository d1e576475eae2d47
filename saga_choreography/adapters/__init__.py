"""What participants need of Postgres and Kafka. Put in by the composition root."""
