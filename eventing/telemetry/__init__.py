"""How a process tells what it does: trace contexts, logs and metrics, by the same conventions everywhere."""
