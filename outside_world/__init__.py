"""A payment provider and a carrier as real HTTP services, with a ledger and faults, for demonstrations and tests."""
