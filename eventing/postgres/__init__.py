"""Everything of the event store that speaks with PostgreSQL."""
