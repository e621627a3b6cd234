"""A simulation brought to life: its genesis, nodes, people, faults, and the record of what happens."""
