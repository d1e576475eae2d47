"""Programs that others wrote, asked to do the same work: none of them is re-implemented here."""
