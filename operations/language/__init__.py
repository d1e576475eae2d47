"""The event language beside the world: the registry, the store, and what the relay was told."""
