"""The adapters of Kafka: the only place that imports its driver."""
