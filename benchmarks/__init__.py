"""Each hop of the platform beside its peers, in the same run, on the same machine: `make bench`."""
