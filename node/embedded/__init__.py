"""A node in one process with no peers: one validator, its store, its timers, its solver."""
