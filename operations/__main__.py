"""`python -m operations` is `orders`, for whoever starts it as a child of this very Python."""

from operations.cli import main

if __name__ == "__main__":
    main()
