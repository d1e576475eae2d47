"""The platform at work for people to look at: real servers, real services, orders that succeed and orders that fail."""
