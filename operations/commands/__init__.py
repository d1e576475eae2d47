"""One file a group of commands. Each has `hang_in(root)`, which adds its commands to the command line."""
