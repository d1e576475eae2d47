"""The five servers, one file each, in the order in which they are shown."""
