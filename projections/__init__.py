"""What is shown: read models folded from the events, and the API that answers from them."""
