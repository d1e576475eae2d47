"""One file a read model: its document, how an event changes it, what can be asked of it. Pure."""
