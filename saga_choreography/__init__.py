"""What others do about an order: participants that react, each for itself, to what they hear."""
