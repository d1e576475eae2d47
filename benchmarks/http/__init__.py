"""HTTP load and the handlers that ours is compared with."""
