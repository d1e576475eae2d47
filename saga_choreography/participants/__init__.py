"""One file a participant: what it hears, what it does, how it is undone. Pure."""
