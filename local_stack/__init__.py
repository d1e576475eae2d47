"""Real servers as child processes, for machines without Docker."""
