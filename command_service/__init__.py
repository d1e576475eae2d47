"""What is asked: commands decided by pure aggregates, and the write API in front of them."""
