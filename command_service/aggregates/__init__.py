"""What decides, without any I/O: one file an aggregate, always in the order name, types, state, decide, evolve."""
