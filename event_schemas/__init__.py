"""The published language: one file an event type. The tree is the catalogue."""
