"""What this mechanism keeps in Redis. Nothing that is kept there is the only copy of anything."""
