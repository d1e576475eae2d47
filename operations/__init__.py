"""The `orders` command line."""
