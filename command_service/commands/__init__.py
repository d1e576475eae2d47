"""What happens to a command below HTTP: what is loaded, whose it is, what is decided, what is written with it."""
