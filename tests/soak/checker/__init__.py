"""Judges a run from what it left behind: the clients' journal, the stores, the topics, the outside world's ledgers.

It imports nothing of the platform, and its folds are written anew: what both had wrong in the same way would stay
unseen. It reads schemas as files, because they are the published language and not code.
"""
