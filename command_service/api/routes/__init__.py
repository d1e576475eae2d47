"""A file for each kind of thing that commands are about; each offers `operations(ground)`, and is discovered."""
