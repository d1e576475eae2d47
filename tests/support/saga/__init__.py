"""A whole saga in memory, under a scheduler with a seed: every interleaving is a trace that can be replayed.

The participants are the real ones. All around them is written anew and small: the log, the topic, whoever runs the
participants, the outside world, the customers, the watchdog, the operator, and the oracle that watches every event.
`python -m tests.support.saga SEED [MUTANT]` replays one seed and prints its trace.
"""
